// Package clickhouse keeps actions in tables of a ClickHouse server or cluster,
// for where many machines write and each is to answer over all of them.
//
//	db, err := clickhouse.Open(ctx, os.Getenv("ACTIONLOG_CLICKHOUSE"), clickhouse.Options{})
//	if err != nil {
//		return err // names the servers and the table, never the password
//	}
//	defer db.Close()
//	err = db.Write(ctx, batch)                                  // or a pump, or actionlog ship
//	page, err := db.Search(ctx, storage.Query{Instance: "eu-1"}) // or of all instances
package clickhouse
