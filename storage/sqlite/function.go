package sqlite

import (
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// idFunction returns, in SQL, the bytes of the id that a short form stands for.
const idFunction = "actionlog_id"

// The driver takes functions for all connections at once, and only before the
// first is opened.
var errFunction = sqlite.RegisterDeterministicScalarFunction(idFunction, 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	key, ok := args[0].([]byte)
	if !ok {
		return nil, errors.New(idFunction + " takes a blob")
	}
	id, err := parseKey(key)
	return []byte(id), err
})
