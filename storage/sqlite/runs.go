package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"actionlog/storage"
)

// A pump writes the actions of a process one behind the other, so that from the
// id of one row follow those of its neighbours. A run is a sequence of rows with
// consecutive numbers, both as rows and as actions of their process. Of an
// action with an id of this module's form it is the run that says it; other ids
// stand in the row.
type run struct {
	first, last int64 // of action_logs.id
	process     storage.Process
	number      int64 // that of the first
}

const (
	processChars = len(storage.Process{})
	numberChars  = 10
	idChars      = processChars + numberChars

	alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
)

// digits are the values of the characters of an id of this module; -1 for others.
var digits = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i := range len(alphabet) {
		t[alphabet[i]] = int8(i)
	}
	return t
}()

// splitID returns the parts of an id of this module's form.
func splitID(id storage.ID) (process storage.Process, number int64, ok bool) {
	if len(id) != idChars {
		return process, 0, false
	}
	for i := range len(id) {
		d := digits[id[i]]
		if d < 0 {
			return process, 0, false
		}
		if i >= processChars {
			number = number<<5 | int64(d)
		}
	}
	copy(process[:], id)
	return process, number, true
}

// id returns the id of a row of the run.
func (r *run) id(row int64) storage.ID { return r.process.ID(uint64(r.number + row - r.first)) }

// runOfRow finds the run of a row; runOfNumber that of an action, of which the
// runs of a process have each but once.
const (
	runColumns  = "SELECT first_id, last_id, process, number FROM action_runs "
	runOfRow    = runColumns + "WHERE first_id <= ? ORDER BY first_id DESC LIMIT 1"
	runOfNumber = runColumns + "WHERE process = ? AND number <= ? ORDER BY number DESC LIMIT 1"
	newestRun   = runColumns + "ORDER BY first_id DESC LIMIT 1"
	runsBetween = runColumns + "WHERE process = ? AND number BETWEEN ? AND ? ORDER BY number"
)

var errRun = errors.New("a row of action_runs is no run")

// readRuns returns the runs that a statement finds.
func (l link) readRuns(ctx context.Context, sql string, args ...any) (list []run, err error) {
	err = l.query(ctx, func(row []driver.Value) error {
		var r run
		r.first, _ = row[0].(int64)
		r.last, _ = row[1].(int64)
		process, _ := row[2].(string)
		if copy(r.process[:], process) != processChars || len(process) != processChars {
			return errRun
		}
		r.number, _ = row[3].(int64)
		list = append(list, r)
		return nil
	}, sql, args...)
	return list, err
}

// knownRuns are runs that a connection has seen. A run may become longer; what
// it says of a row never changes.
type knownRuns struct{ list []run }

const mostKnownRuns = 16

// idOf returns the id of a row that does not hold it itself.
func (l link) idOf(ctx context.Context, row int64) (storage.ID, error) {
	known := &l.runs.list
	for i := range *known {
		if r := &(*known)[i]; r.first <= row && row <= r.last {
			return r.id(row), nil
		}
	}
	found, err := l.readRuns(ctx, runOfRow, row)
	if err != nil {
		return "", err
	}
	if len(found) == 0 || found[0].last < row {
		return "", fmt.Errorf("%w: row %d has no action_id, and no run says it", errRow, row)
	}
	r := found[0]
	*known = slices.DeleteFunc(*known, func(k run) bool { return k.first == r.first })
	if len(*known) == mostKnownRuns {
		*known = (*known)[:mostKnownRuns-1]
	}
	*known = slices.Insert(*known, 0, r)
	return r.id(row), nil
}

// knownNumbers returns which of n actions of a process, from a number on, the
// database has: nil for none.
func (l link) knownNumbers(ctx context.Context, process *storage.Process, number int64, n int) (known []bool, err error) {
	mark := func(from, to int64) {
		for i := max(from, number); i <= min(to, number+int64(n)-1); i++ {
			if known == nil {
				known = make([]bool, n)
			}
			known[i-number] = true
		}
	}
	p := string(process[:])
	for _, ask := range []struct {
		sql  string
		args []any
	}{{runOfNumber, []any{p, number}}, {runsBetween, []any{p, number + 1, number + int64(n) - 1}}} {
		list, err := l.readRuns(ctx, ask.sql, ask.args...)
		if err != nil {
			return nil, err
		}
		for i := range list {
			mark(list[i].number, list[i].number+list[i].last-list[i].first)
		}
	}
	err = l.query(ctx, func(row []driver.Value) error {
		text, _ := row[0].(string)
		if _, k, ok := splitID(storage.ID(text)); ok {
			mark(k, k)
		}
		return nil
	}, "SELECT action_id FROM action_logs INDEXED BY idx_action_logs_action_id WHERE action_id BETWEEN ? AND ?",
		string(process.ID(uint64(number))), string(process.ID(uint64(number)+uint64(n)-1)))
	return known, err
}

// addRun notes rows of consecutive actions of a process.
func (l link) addRun(ctx context.Context, add run) error {
	list, err := l.readRuns(ctx, newestRun)
	if err != nil {
		return err
	}
	if len(list) == 1 {
		if r := &list[0]; r.process == add.process && r.last+1 == add.first && r.number+add.first-r.first == add.number {
			_, err := l.exec(ctx, "UPDATE action_runs SET last_id = ? WHERE first_id = ?", add.last, r.first)
			return err
		}
	}
	_, err = l.exec(ctx, "INSERT INTO action_runs VALUES (?, ?, ?, ?)", add.first, add.last, string(add.process[:]), add.number)
	return err
}
