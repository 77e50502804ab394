// Package receiver is what the tests of destinations deliver to: a real
// VictoriaLogs, which takes four protocols, and a server that plays one special
// answer. It has the actions to deliver, too.
package receiver
