// Package storetest is the conformance suite of stores: whatever answers
// queries over actions (a ring in memory, a database, an archive) passes it,
// and then means the same by the same query as all the others.
//
//	func TestConformance(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Store {
//			db := openTemp(t)
//			return storetest.Store{Searcher: db, Put: db.Write, Close: db.Close}
//		})
//	}
//
// Each rule is a subtest with a store of its own; a failure says which rule
// broke and what it says. Rules for a [storage.Clearer] or a
// [storage.Follower] run if the Searcher is one, those for closing if there is
// a Close.
//
// # Caveats
//
// The suite puts up to a thousand actions into a store, with times within a
// few days of a fixed day in 2025, which a store must not drop for their age.
package storetest
