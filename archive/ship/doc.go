// Package ship follows an archive and delivers its actions to another system.
//
// The archive is the queue: a checkpoint on disk says how far delivery has come,
// so an outage of the far side, a restart or a kill costs nothing. Every action is
// delivered at least once, and has an id by which the far side can drop repeats.
package ship
