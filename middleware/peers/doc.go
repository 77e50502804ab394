// Command peers puts the middleware beside what people use instead: the same
// handler, the same response writer, the same request, each peer configured as
// its documentation says. It prints Markdown.
//
//	go -C middleware/peers run . > peers.md
//
// The parts can be asked for alone:
//
//	go -C middleware/peers run . speed       # what a request costs, in memory
//	go -C middleware/peers run . wire        # requests a second over loopback, by wrk
//	go -C middleware/peers run . situations  # what each records against what was on the wire
//
// Speed is measured in rounds, every row once a round and each in a process of
// its own, so that no row lives with another's heap and what the machine does
// meanwhile hits them alike. With -keep FILE the results are kept as benchstat
// reads them. The parts take some four minutes together; numbers that were
// taken while the machine had other work are noise.
//
// This is a module of its own, so that nobody who imports the middleware
// downloads the peers.
package main
