// Package ship follows an archive and delivers its actions to another system.
//
// The archive is the queue: a checkpoint on disk says how far delivery has come,
// so an outage of the far side, a restart or a kill costs nothing. Every action is
// delivered at least once, and has an id by which the far side can drop repeats.
//
// # Smallest use
//
//	s, err := ship.Open("actions", destination, ship.Options{Name: "search"})
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	err = s.Run(ctx) // until ctx ends
//
// It runs beside the archive's writer, in the same process or in another, and
// needs nothing of it but the folder. To see it in a ring's stats and metrics:
//
//	actions.Report("search", s.Stats)
//
// # What is promised
//
// A batch counts once the far side has taken every record of it. Records that it
// asks to have again are sent again, these alone; those that it refuses for good
// go to a file of refused records with the reason, which is on the disk before
// the checkpoint moves. Where a batch fails as a whole without a word about its
// records, it is sent again or cut in two until the record is found that the far
// side does not take. So one record never blocks the others, and none is lost
// silently: a damaged line of the archive is told and counted, and so is what
// retention removed before it was delivered.
//
// # Files
//
// Beside the archive's files, unless the options say otherwise:
//
//	.ship-NAME.checkpoint       how far delivery has come
//	.ship-NAME.checkpoint.lock  held by the one shipper that works on it
//	.ship-NAME.refused          what the far side refused: an action a line, with
//	                            the reason and the time
//
// The checkpoint is two lines: an object of JSON, and its CRC-32C. It holds, for
// each file of the archive, how many bytes and lines of its text were delivered
// and the checksum of the last of them, so that it holds over rotation and sealing
// and does not take another archive for its own. It is replaced by rename, and
// never half written. One that is damaged, or of something else, is refused and
// not touched; who removes it begins anew.
//
// # Caveats
//
// What was sent and not yet marked when a process is killed is sent again: one
// batch at most. Files of several processes are read one after the other, so what
// the far side gets is in order for each process, and only nearly over all of
// them. What was removed while no shipper ran is counted as far as an earlier
// one had seen it.
//
// Where the system lost lines of the active file with its power that were
// delivered already, and where a failed write was read before it was taken back,
// the file is delivered again from its beginning.
package ship
