// Package sqlite keeps actions in a database of one file, over restarts.
//
//	db, err := sqlite.Open("actions.sqlite", sqlite.Options{Flush: r.Flush}) // r is a ring
//	if err != nil {
//		return err // names the file, and why it was left as it is
//	}
//	defer db.Close()
//	page, err := db.Search(ctx, storage.Query{Limit: storage.MaxLimit})
//	if err != nil {
//		return err
//	}
//	err = r.Warm(page.Actions)                  // as if there had been no restart
//	r.Pump("database", db, ring.PumpOptions{})  // writes all that is recorded
//	store := storage.Tiers(r, db)               // answers from both
//
// # What is in the file
//
// The table action_logs begins with the columns id, timestamp, service, action,
// status, duration, error and created_at, with the meanings that they always
// had, so that programs of old read on. The columns behind them hold the rest of
// an action; time_ns, and then the id, is the order of all pages. What can be
// told from something else is NULL: see the comments in migrations. So is
// action_id where the table action_runs says it, once for all actions that a
// process wrote one behind the other.
//
// The indexes idx_action_logs_timestamp, idx_action_logs_service and
// idx_action_logs_status serve what they always did, and go on by time. The one
// by status holds the failures alone. Request ids and trace ids that requests
// brought with them have no index, which would cost each insert several times
// as much: of every thousand or so the table action_keys has hashes, by which
// they are found in a few milliseconds a million actions. No question sorts; see
// TestPlans for what each reads.
//
// Roll-ups count each minute, hour and day by service, action and status, with
// histograms that merge exactly. They are written in the transaction of the rows
// that they count; [Store.Stats] and [Store.Series] read them.
//
// Timestamps are written to the millisecond, in UTC, so that as texts they
// compare as times. time_ns has the nanoseconds.
//
// # Migrations
//
// The schema is the database's user_version, and its application_id says that it
// is one. Migrations are embedded, run in their order and in one transaction. A
// database that holds no more than the table action_logs, as programs of old
// made it, is taken over in place: each row gets an id of its own, the same in
// each copy of the database, and its timestamp, in whatever form it was, the one
// above. What an action cannot say, such as an unknown status, becomes an
// attribute. Rows that such a program inserts later are taken over within a
// minute, or by [Store.Tidy].
//
// # Caveats
//
// A write survives the end of the process, however it ends. The end of the
// machine can take the last writes away, never a part of one, and never the
// file: it is written ahead in a log, with synchronous=NORMAL.
//
// One process writes at a time, others wait; any number may read meanwhile. The
// file is to be on a local disk.
//
// Only this package may remove rows, or roll-ups go on counting them.
//
// Questions about text, status codes and instances, and those about durations,
// read all rows of the time that they are about.
//
// The file and the log beside it are held by POSIX locks, which end as soon as
// any other code of the same process opens and closes the file.
package sqlite
