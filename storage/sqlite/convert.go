package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"actionlog/storage"
)

// In schema 3 the id of every row was its action_id, as a blob. An id of this
// module was
//
//	process  11 bytes: the bits 100, and five for each character
//	length   1 byte, of the number
//	number   0 to 7 bytes, big-endian, without leading zeros
//
// Any other was kept as it is, behind the form of the greatest id of this
// module that is less; where there is none, behind a zero byte.
const (
	oldProcessBytes = 11
	oldProcessMark  = 0x80

	convertBatch = 1000
)

var errOldID = errors.New("is not the form of an action's id")

// parseOldID reads an id as schema 3 had it.
func parseOldID(key []byte) (storage.ID, error) {
	if len(key) > 0 && key[0] == 0 {
		return storage.ID(key[1:]), nil
	}
	if len(key) <= oldProcessBytes || key[0]&0xe0 != oldProcessMark {
		return "", errOldID
	}
	size := int(key[oldProcessBytes])
	end := oldProcessBytes + 1 + size
	if size > 7 || end > len(key) {
		return "", errOldID
	}
	if end < len(key) {
		return storage.ID(key[end:]), nil
	}
	var p storage.Process
	acc, held := uint64(key[0]&0x1f), 5
	next := 1
	for i := range p {
		if held < 5 {
			acc, held = acc<<8|uint64(key[next]), held+8
			next++
		}
		held -= 5
		p[i] = alphabet[acc>>held&31]
	}
	var number uint64
	for _, c := range key[oldProcessBytes+1:] {
		number = number<<8 | uint64(c)
	}
	return p.ID(number), nil
}

// convertIDs makes runs of the ids that schema 3 had, in the order of the rows.
func convertIDs(ctx context.Context, l link) error {
	type old struct {
		row int64
		key []byte
	}
	for after, more := int64(0), true; more; {
		var batch []old
		err := l.query(ctx, func(row []driver.Value) error {
			var o old
			o.row, _ = row[0].(int64)
			o.key, _ = row[1].([]byte)
			batch = append(batch, o)
			return nil
		}, "SELECT id, action_id FROM action_logs WHERE id > ? AND typeof(action_id) = 'blob' ORDER BY id LIMIT ?", after, int64(convertBatch))
		if err != nil {
			return err
		}
		var open run
		for _, o := range batch {
			id, err := parseOldID(o.key)
			if err != nil {
				return fmt.Errorf("row %d: its action_id %x %w", o.row, o.key, err)
			}
			process, number, ok := splitID(id)
			var text any = string(id)
			if ok {
				text = nil
			}
			if _, err := l.exec(ctx, "UPDATE action_logs SET action_id = ? WHERE id = ?", text, o.row); err != nil {
				return err
			}
			switch {
			case !ok:
			case open.last == o.row-1 && open.process == process && open.number+o.row-open.first == number:
				open.last = o.row
			default:
				if err := l.closeRun(ctx, &open); err != nil {
					return err
				}
				open = run{first: o.row, last: o.row, process: process, number: number}
			}
			after = o.row
		}
		if err := l.closeRun(ctx, &open); err != nil {
			return err
		}
		more = len(batch) > 0
	}
	return nil
}

// closeRun notes a run, if there is one.
func (l link) closeRun(ctx context.Context, r *run) error {
	if r.first == 0 {
		return nil
	}
	return l.addRun(ctx, *r)
}
