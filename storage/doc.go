// Package storage holds the noun and the question of actionlog: the [Action]
// that a request becomes, its JSON form, the [Query] that finds it again, and
// the small contracts that recorders, stores and sinks share.
//
// It imports the standard library only and nothing else of this module, so
// every other package can stand on it without standing on one another.
//
// # Smallest use
//
//	q, err := storage.ParseQuery(url.Values{"status": {"failed"}, "from": {"15m"}}, time.Now())
//	if err != nil {
//		return err // names the parameter, the value and what is allowed
//	}
//	page, err := searcher.Search(ctx, q) // a ring, a database, an archive
//
// # Caveats
//
// Actions are values: who receives one owns it, apart from the slice given to
// [Sink.Write], which belongs to the caller again when Write returns.
//
// An [ID] orders the actions of one process. Ids of different processes
// compare by when those processes began, not by when their actions ended.
package storage
