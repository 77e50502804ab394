package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"actionlog/storage"
)

// adoptBatch is how many rows are adopted at once.
const adoptBatch = 500

// inserted is a row as another program inserted it: the table's first columns,
// each as text, which they may hold although they are declared otherwise.
type inserted struct {
	id                                                           int64
	timestamp, service, action, status, duration, failure, since string
}

// adopt makes whole actions of the next rows after a row that have none, and
// returns the last of them; 0 if there are none.
func (w *writer) adopt(ctx context.Context, l link, after int64) (last int64, err error) {
	var rows []inserted
	err = l.query(ctx, func(row []driver.Value) error {
		r := inserted{}
		r.id, _ = row[0].(int64)
		for i, field := range []*string{&r.timestamp, &r.service, &r.action, &r.status, &r.duration, &r.failure, &r.since} {
			*field, _ = row[i+1].(string)
		}
		rows = append(rows, r)
		return nil
	}, "SELECT id, CAST(timestamp AS TEXT), CAST(service AS TEXT), CAST(action AS TEXT), CAST(status AS TEXT), CAST(duration AS TEXT), CAST(error AS TEXT), CAST(created_at AS TEXT)"+
		" FROM action_logs WHERE time_ns IS NULL AND id > ? ORDER BY id LIMIT "+strconv.Itoa(adoptBatch), after)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	actions := make([]storage.Action, len(rows))
	args := newArgs(1)
	update := "UPDATE action_logs SET (" + written + ") = (?" + strings.Repeat(",?", writtenColumns-1) + ") WHERE id = ?1"
	for i := range rows {
		actions[i] = rows[i].whole()
		w.boxes.row(args, &actions[i], rows[i].id, true)
		if _, err := l.execNamed(ctx, update, args); err != nil {
			return 0, fmt.Errorf("adopt the row %d: %w", rows[i].id, err)
		}
	}
	return rows[len(rows)-1].id, w.count(ctx, l, actions)
}

// whole returns what a row says. What an action cannot say is kept as an
// attribute.
func (r *inserted) whole() storage.Action {
	a := storage.Action{Service: valid(r.service), Action: valid(r.action), Status: storage.Status(r.status)}
	at, ok := parseTime(r.timestamp)
	if !ok {
		a.Attrs = append(a.Attrs, storage.Attr{Key: "timestamp", Value: valid(r.timestamp)})
		at, _ = parseTime(r.since)
	}
	a.Time = time.Unix(0, nanos(at)).UTC()
	if a.Duration, ok = parseMillis(r.duration); !ok {
		a.Attrs = append(a.Attrs, storage.Attr{Key: "duration", Value: valid(r.duration)})
	}
	if a.Status != storage.Success && a.Status != storage.Failed {
		a.Attrs = append(a.Attrs, storage.Attr{Key: "status", Value: valid(r.status)})
		a.Status = storage.Success
		if r.failure != "" {
			a.Status = storage.Failed
		}
	}
	switch {
	case a.Status == storage.Failed:
		a.Error = valid(r.failure)
	case r.failure != "":
		a.Attrs = append(a.Attrs, storage.Attr{Key: "error", Value: valid(r.failure)})
	}
	a.ID = r.actionID(nanos(at))
	return a
}

// actionID returns an id of the form of this module: of the millisecond in which
// the action ended, of what the row says, and of the row's number. A copy of
// the database gives the same.
func (r *inserted) actionID(at int64) storage.ID {
	h := fnv.New64a()
	for _, field := range []string{r.timestamp, r.service, r.action, r.status, r.duration, r.failure} {
		h.Write([]byte(field))
		h.Write([]byte{0})
	}
	var id [idChars]byte
	putDigits(id[:10], uint64(at)/1e6)
	putDigits(id[10:processChars], h.Sum64())
	putDigits(id[processChars:], uint64(r.id))
	return storage.ID(id[:])
}

func putDigits(to []byte, n uint64) {
	for i := len(to) - 1; i >= 0; i-- {
		to[i] = alphabet[n&31]
		n >>= 5
	}
}

func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// parseMillis reads milliseconds, whole or not.
func parseMillis(s string) (time.Duration, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 && n <= int64(1<<63-1)/1e6 {
		return time.Duration(n) * time.Millisecond, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f < 9e12) {
		return 0, false
	}
	return time.Duration(f * 1e6), true
}

// layouts are the forms of times that programs write; without a zone a time is
// in UTC.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999 -0700", "2006-01-02 15:04:05.999999999 -0700 MST",
	"2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly,
}

// parseTime reads a time of the years that an action's lies in: in one of the
// layouts, or as seconds, milliseconds, microseconds or nanoseconds since 1970.
func parseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, t.UTC().Year() >= 1970 && t.UTC().Year() <= 2261
		}
	}
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, false
	}
	unit := int64(time.Second)
	for limit := int64(1e11); n >= limit && unit > 1; limit *= 1000 {
		unit /= 1000
	}
	part, err := strconv.ParseFloat("0."+fraction, 64)
	if err != nil || n > (1<<63-1)/unit {
		return time.Time{}, false
	}
	t := time.Unix(0, n*unit+int64(part*float64(unit))).UTC()
	return t, t.Year() <= 2261
}
