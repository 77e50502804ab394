package sqlite

import (
	"database/sql/driver"
	"errors"

	"actionlog/storage"

	"modernc.org/sqlite"
)

// idFunction returns, in SQL, the bytes of the id that a process and a number
// make.
const idFunction = "actionlog_id"

// The driver takes functions for all connections at once, and only before the
// first is opened.
var errFunction = sqlite.RegisterDeterministicScalarFunction(idFunction, 2, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	process, ok := args[0].(string)
	number, also := args[1].(int64)
	if !ok || !also || len(process) != processChars {
		return nil, errors.New(idFunction + " takes the 17 characters of a process and a number")
	}
	p := storage.Process([]byte(process))
	return p.AppendID(nil, uint64(number)), nil
})
