package clickhouse

import "fmt"

// tables are the names of all tables, with the database. Those that are asked
// and written to are the Distributed ones where there is a cluster.
type tables struct {
	database, table string

	logs, ledger, rollups, clears, view       string // where rows are
	allLogs, allLedger, allRollups, allClears string // what is asked
	schema                                    string // of the markers, without their numbers
}

// identifier reports whether a name needs no quotes.
func identifier(name string) bool {
	for i, c := range []byte(name) {
		letter := c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && len(name) <= 64
}

// nameTables returns the names, all of which are plain identifiers.
func nameTables(database, table string, cluster bool) (*tables, error) {
	for what, name := range map[string]string{"database": database, "table": table} {
		if !identifier(name) {
			return nil, fmt.Errorf("the %s %q is not a name: allowed are letters, digits and underscores, at most 64, and no digit at the beginning", what, name)
		}
	}
	at := func(suffix string) string { return database + "." + table + suffix }
	t := &tables{
		database: database, table: table, view: at("_ledger_view"), schema: table + "_schema_",
		allLogs: at(""), allLedger: at("_ledger"), allRollups: at("_rollups"), allClears: at("_clears"),
	}
	t.logs, t.ledger, t.rollups, t.clears = t.allLogs, t.allLedger, t.allRollups, t.allClears
	if cluster {
		const local = "_local"
		t.logs, t.ledger, t.rollups, t.clears = t.logs+local, t.ledger+local, t.rollups+local, t.clears+local
	}
	return t, nil
}
