// Package sqlquery turns a query into SQL, for every store that keeps actions
// in a table.
//
//	c := sqlquery.Build(m, dialect)
//	sql := "SELECT … FROM action_logs" + c.WhereSQL() + " ORDER BY " + c.Order
//
// The conditions are exact: what they accept is what [storage.Matcher.Match]
// accepts, but for the newest id that a cursor carries, which is the store's
// own affair. Values are always arguments and never part of the text.
//
// # Columns
//
// The table has the columns service, action, status, time_ns, duration_ns,
// http_code, action_id, trace_id and instance. How ids are stored, and how text
// is looked for, is the dialect's.
package sqlquery
