// Package clickhouse keeps actions in tables of a ClickHouse server or cluster,
// for where many machines write and each is to answer over all of them.
//
//	db, err := clickhouse.Open(ctx, os.Getenv("ACTIONLOG_CLICKHOUSE"), clickhouse.Options{})
//	if err != nil {
//		return err // names the servers and the table, never the password
//	}
//	defer db.Close()
//	err = db.Write(ctx, batch)                                   // or a ring's pump, or actionlog ship clickhouse
//	page, err := db.Search(ctx, storage.Query{Instance: "eu-1"}) // or of all instances
//
// # What is written
//
// One row an action in the table action_logs, a ReplacingMergeTree by time and id,
// partitioned by day in UTC. [Schema] returns all statements; comments in
// migrations say what a column holds. Times are nanoseconds since 1970 in an
// Int64, which every version has. The table can be asked by anybody:
//
//	SELECT service, quantile(0.99)(duration_ns) / 1e6 FROM action_logs FINAL
//	WHERE time_ns >= toInt64(toUnixTimestamp(now() - 3600)) * 1000000000 GROUP BY service
//
// # Repeats
//
// A write that failed may be there in part, and is offered again. What is there
// already is then left out. What is there twice nevertheless, because two wrote
// the same or the first write was still under way, counts once: pages drop rows
// that repeat the one before, and counts read with FINAL, which merges as it reads.
// To count by insert, as a plain materialised view does, would count a repeat twice.
// So the view here is a ledger: how many rows of each minute were ever inserted,
// repeats among them. Minutes and hours are rolled up from rows, by id, by
// whichever instance comes first, and a roll-up is used as long as the ledger says
// what it said before the rows were counted. [Store.Stats] and [Store.Series] read
// roll-ups, and the rows of the minutes that have none that holds. Histograms are
// those of all stores, so that quantiles are the same, within 2 %.
//
// # Clusters
//
// With Options.Cluster each server has tables whose names end in _local, and
// Distributed ones over them. An id is always on the shard that its hash says;
// when shards are added, a batch that is offered again across the change can be
// there twice, so let writers finish before it. Tables are made ON CLUSTER, or with
// Options.NoKeeper on each server of the DSN.
//
// While a shard is missing, writes are errors, so that a pump or a shipper offers
// them again, and reads are errors that name the shard, a [*MissingError]. With
// Options.OnPartial reads answer with what the others have, and say so to it.
//
// A read sees what the copy that answers has. Copies that lag lack what they have
// not yet fetched.
//
// # Versions
//
// What was run, by the tests, is ClickHouse 18.16, alone and as two shards, over
// the network; and every statement and question on the engine of 26.7 within the
// process, without a network, a cluster or copies. Servers before 20.3 have plain
// Strings instead of LowCardinality, no codecs, and no TTL: on them nothing is
// removed, and old days are dropped by ALTER TABLE … DROP PARTITION 20261113. What
// is said ON CLUSTER, and Replicated engines, were read by the parser of 26.7 and
// run nowhere.
//
// # For who runs the cluster
//
// Measured on 18.16 with one million requests of a day, of 40 names and one in
// twenty failed: 47 bytes an action on disk, 212 before compression; two cores
// shared by server and writer took 248,000 actions a second in batches of 10,000
// and 138,000 in batches of 1,000, so 124,000 a second of a core, writing included. So a day of 1,000 actions a second is 86 million
// rows and 4 GB for each copy, 30 days 120 GB; a day of 100,000 a second is 8.6
// billion rows and 400 GB, 30 days 12 TB. With the codecs that servers have from
// 20.3 on, about half: the engine of 26.7 needs 24 bytes for such an action.
//
// Each write makes a part, so write seldom and much: a pump with Linger of a
// second and a Batch of thousands, or actionlog ship. A hundred instances that
// write each second make a hundred parts a second, which is too many: ship from
// fewer, or say async_insert=1 in the DSN, which lets the server gather them; it
// still answers when they are kept.
//
// Roll-ups cost each minute's rows read once more. What has not been rolled up,
// two times Options.House and the minute that runs, is read by every question for
// counts: 12 million rows at 100,000 actions a second.
//
// Questions by duration, text, request id, trace id and id read all rows of the
// times that they are about; say From.
//
// Grant SELECT and INSERT on the database, and CREATE for the first start. A user
// with readonly = 1 can ask a single server, of a cluster it takes readonly = 2.
//
// # Caveats
//
// A write that has returned survives the end of the server's process. Whether it
// survives the end of its machine is the operator's choice: fsync_after_insert, or
// copies with insert_quorum.
//
// Where retention removes a day, what counts say and what pages show may differ by
// that day until the server has merged it away.
//
// Clocks of instances are to agree within ten seconds, or followers miss what the
// slower write. A follower remembers 65,536 ids at least; what is written again
// after so many others comes again.
//
// A clear hides what was written before it, by all instances and for all of them.
package clickhouse
