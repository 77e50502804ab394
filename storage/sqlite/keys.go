package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"actionlog/storage"
)

// Request ids and trace ids come in no order, so that an index of them would be
// written all over for every batch: it makes inserts several times as slow and
// takes 80 bytes an action. Instead the rows that were inserted one after the
// other share a row of action_keys, with four bytes of a hash of each such id. To
// find one, all hashes are read, and then the few rows that can have it.
const (
	blockKeys = 1024 // how many keys a block has, before another is begun
	blockRows = 4096 // and how many rows

	// mostFound is how many rows are looked up one by one; of more, all rows
	// are read.
	mostFound = 1000
)

// keys collects the hashes of rows.
type keys struct{ hashes []byte }

func (k *keys) add(a *storage.Action) {
	if h := a.HTTP; h != nil && h.RequestID != string(a.ID) {
		k.hashes = binary.LittleEndian.AppendUint32(k.hashes, hashKey(h.RequestID))
	}
	if !a.TraceID.IsZero() {
		k.hashes = binary.LittleEndian.AppendUint32(k.hashes, hashKey(string(a.TraceID[:])))
	}
}

// hashKey is FNV-1a.
func hashKey(key string) uint32 {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return h
}

// addKeys notes the hashes of the rows from first to last.
func (l link) addKeys(ctx context.Context, k *keys, first, last int64) error {
	if len(k.hashes) == 0 {
		return nil
	}
	hashes, begin := k.hashes, first
	err := l.query(ctx, func(row []driver.Value) error {
		start, _ := row[0].(int64)
		before, _ := row[1].([]byte)
		if 0 < len(before) && len(before) < 4*blockKeys && last-start < blockRows {
			hashes, begin = slices.Concat(before, k.hashes), start
		}
		return nil
	}, "SELECT first_id, hashes FROM action_keys ORDER BY first_id DESC LIMIT 1")
	if err != nil {
		return err
	}
	_, err = l.exec(ctx, "INSERT OR REPLACE INTO action_keys VALUES (?, ?, ?)", begin, last, hashes)
	return err
}

// rowsWith returns the rows of which a condition holds that compares a key, and
// false if there are too many.
func (l link) rowsWith(ctx context.Context, hash uint32, cond string, key any) (rows []int64, ok bool, err error) {
	type block struct{ first, last int64 }
	var blocks []block
	err = l.query(ctx, func(row []driver.Value) error {
		var b block
		b.first, _ = row[0].(int64)
		b.last, _ = row[1].(int64)
		hashes, _ := row[2].([]byte)
		if len(hashes) == 0 || hasHash(hashes, hash) {
			blocks = append(blocks, b)
		}
		return nil
	}, "SELECT first_id, last_id, hashes FROM action_keys")
	for i := 0; i < len(blocks) && err == nil; i++ {
		if len(rows) > mostFound {
			return nil, false, nil
		}
		err = l.query(ctx, func(row []driver.Value) error {
			id, _ := row[0].(int64)
			rows = append(rows, id)
			return nil
		}, "SELECT id FROM action_logs NOT INDEXED WHERE id BETWEEN ? AND ? AND "+cond+" LIMIT "+strconv.Itoa(mostFound+1), blocks[i].first, blocks[i].last, key)
	}
	return rows, len(rows) <= mostFound, err
}

func hasHash(hashes []byte, hash uint32) bool {
	for ; len(hashes) >= 4; hashes = hashes[4:] {
		if binary.LittleEndian.Uint32(hashes) == hash {
			return true
		}
	}
	return false
}

// found are the rows that hold the keys that a query asks for.
type found struct {
	rows  []int64
	known bool // or nobody knows
}

// values are the rows as a part of SQL that is not empty.
func (f found) values() string {
	if len(f.rows) == 0 {
		return "SELECT NULL"
	}
	var sql strings.Builder
	sql.WriteString("VALUES ")
	for i, row := range f.rows {
		if i > 0 {
			sql.WriteByte(',')
		}
		sql.WriteString("(" + strconv.FormatInt(row, 10) + ")")
	}
	return sql.String()
}

// plan makes the plan of a query, with the rows that hold its keys.
func (l link) plan(ctx context.Context, m *storage.Matcher) (p plan, err error) {
	var d dialect
	q := m.Query()
	if q.RequestID != "" {
		d.request.rows, d.request.known, err = l.rowsWith(ctx, hashKey(q.RequestID), "request_id = ?", q.RequestID)
	}
	if err == nil && !q.TraceID.IsZero() {
		d.trace.rows, d.trace.known, err = l.rowsWith(ctx, hashKey(string(q.TraceID[:])), "trace_id = ?", q.TraceID[:])
	}
	return makePlan(m, d), err
}
