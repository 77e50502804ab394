// Package ring keeps the last actions in memory and is the queue from which
// everything else reads: queries, sinks, streams.
//
// # Smallest use
//
//	r := ring.New(ring.Options{})
//	r.Log("CaseService", "createCase", storage.Success, 45*time.Millisecond, nil)
//	page, err := r.Search(ctx, storage.Query{Status: storage.Failed})
//
//	r.Pump("archive", sink, ring.PumpOptions{}) // writes all to a storage.Sink, from now on
//
// What runs and is no request is timed by [Ring.Track], from its first line:
//
//	func nightly() (err error) {
//		defer r.Track("Jobs", "nightly")(&err)
//
// At the end of the program, close first what records (the HTTP server, the
// jobs), then the ring, which has its pumps write what is left, then the sinks:
//
//	err := errors.Join(server.Shutdown(ctx), r.Close(ctx), sink.Close())
//
// [Ring.Warm] fills a new ring with what an earlier process recorded.
//
// # What is where
//
// Numbers are handed out by one atomic counter; action n lies in slot n modulo
// the capacity, a power of two. A slot is 128 bytes without a pointer, so that
// the garbage collector never walks the ring. Names are interned to a handle;
// texts that don't fit the slot lie in side chunks, written once and dropped
// whole once no slot of the window refers to them.
//
//	slot   state 8 | time 8 | duration 8 | handle 4 | code 2 | flags 1 | outcome 1 | trace 16 | span 8 | bytes 8
//	       side 8 | remote 16 | lengths 1+1+2 | texts 36
//	state  number<<8 | writing | counted | readers (6 bits)
//
// A slot is locked by a compare-and-swap on its state, by one writer or by
// several readers. A writer that finds its slot busy takes the next number,
// and the number that it gave up is noted as a gap. So no writer ever waits
// for a reader, nor a reader for a writer: what is being written at that
// moment is simply not recorded yet.
//
// What is derived (the window's counts, keeps, totals, the time line) is counted
// from the slots by whoever reads, by a short-lived goroutine each 2048 actions,
// and, in a flood that outruns it, by the writers themselves, 64 at a time. It
// reads the first cache line of each slot, and locks none as long as no writer
// comes near: it announces which slots it reads, and a writer that has lapped it
// gives up those numbers as it does for a slot that is busy. Each action is
// counted once, by its service and action in the second it ended in: totals are
// those that are over and the one that is not, and the window's counts are added
// up when somebody asks. A slot that is overwritten before it was counted is
// counted by its overwriter, by second, service and action, in two atomic
// additions, and saved if it could be wanted among the keeps, so all hold in any
// flood.
//
// The time line has each action since the last clear in one cell: of its second
// for 15 minutes, then of its minute until it is 24 hours old. A cell is a log
// of bucket counts for each service and action, successes and failures apart;
// only the cells of now are counted by index. Actions that were posted with a
// time of their own are counted in the cell of that time, up to a day back or
// ahead: by the second within 15 minutes of now, by the minute beyond. (So a
// minute in which something was posted more than 15 minutes ahead of its time
// is never told apart by seconds.)
//
// # Caveats
//
// The window is the newest Window numbers; of a gap there is no action. Beside
// it a query sees what is kept: at least the last 100 actions and the last 100
// failures of each service, and the ten slowest of each action. Total, Failed
// and ByService of the stats count the window alone.
//
// [Ring.Series] is exact where it can answer from the time line: steps of whole
// seconds over the last 15 minutes, of whole minutes over 24 hours. Ask for
// steps of whole minutes if the range reaches back further than a quarter of an
// hour, as [Ring.FinestStep] says: of smaller ones the older part would be what
// window and keeps hold.
// [Ring.Totals] are exact always, and go on over a clear.
//
// Memory is bounded: 128 bytes a slot, 16 to 32 more for each action of the
// window, side chunks of at most 7 KB for each
// action of the window (in practice some tens of bytes) or 64 MiB, whichever is
// more, and some 10 MB of keeps where all names are used up. Outside the window,
// texts that no chunk holds any more are gone, and an error reads "(dropped)".
//
// The time line takes 3 MB for a day of 20 actions a second by 20 services and
// actions, 9 MB for one of 200. Beyond 16 MiB the oldest of it tells services
// and actions no longer apart, only successes from failures, and a series that
// asks for some of them counts that part in window and keeps. Totals take some
// 3 KB for each service and action, where durations are spread over ten octaves.
package ring
