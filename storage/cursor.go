package storage

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"hash/fnv"
	"strings"
	"time"
)

// A cursor is the URL-safe base 64, without padding, of
//
//	version      1 byte, 1
//	fingerprint  8 bytes, of the query that it belongs to
//	from, to     8 bytes each, nanoseconds since 1970; the least integer for none
//	key          8 bytes, the sort key of the last action returned
//	id           uvarint length and bytes, of the last action returned
//	upper        uvarint length and bytes, the newest id when the first page was made
//	checksum     4 bytes, CRC-32C of all before it
//
// with its integers in big-endian order.
type cursor struct {
	from, to time.Time
	last     position
}

// position is a place between two actions of a page.
type position struct {
	key   int64
	id    ID
	upper ID
}

const (
	cursorVersion = 1
	cursorHead    = 1 + 4*8
	maxCursor     = 2048
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// cursorAfter returns the cursor for what follows the action in the order of m.
func (m *Matcher) cursorAfter(a *Action, upper ID) string {
	return m.cursorAt(position{key: m.keyOf(a), id: a.ID, upper: upper})
}

// cursorAt returns the cursor for what follows a place.
func (m *Matcher) cursorAt(p position) string {
	b := make([]byte, 0, 160)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, m.q.fingerprint())
	b = binary.BigEndian.AppendUint64(b, uint64(nanos(m.q.From)))
	b = binary.BigEndian.AppendUint64(b, uint64(nanos(m.q.To)))
	b = binary.BigEndian.AppendUint64(b, uint64(p.key))
	b = appendText(b, string(p.id))
	b = appendText(b, string(p.upper))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor reads q.Cursor and checks that it is whole and belongs to q.
func (q *Query) decodeCursor() (cursor, error) {
	bad := badParam("cursor", q.Cursor, allowedCursor)
	if len(q.Cursor) > maxCursor {
		return cursor{}, bad
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(q.Cursor)
	if err != nil || len(b) < cursorHead+4 || b[0] != cursorVersion {
		return cursor{}, bad
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.Checksum(body, castagnoli) != sum || binary.BigEndian.Uint64(body[1:]) != q.fingerprint() {
		return cursor{}, bad
	}
	c := cursor{
		from: moment(int64(binary.BigEndian.Uint64(body[9:]))),
		to:   moment(int64(binary.BigEndian.Uint64(body[17:]))),
	}
	c.last.key = int64(binary.BigEndian.Uint64(body[25:]))
	id, rest, ok1 := cutText(body[cursorHead:])
	upper, rest, ok2 := cutText(rest)
	if !ok1 || !ok2 || len(rest) != 0 {
		return cursor{}, bad
	}
	c.last.id, c.last.upper = ID(id), ID(upper)
	return c, nil
}

// fingerprint hashes what makes two queries the same but for their page. Of
// moments relative to now it takes the text: what the text meant on the first
// page is in the cursor.
func (q *Query) fingerprint() uint64 {
	v := q.Values()
	v.Del("cursor")
	v.Del("limit")
	v.Set("sort", string(q.order()))
	h := fnv.New64a()
	h.Write([]byte(v.Encode()))
	return h.Sum64()
}

// nanos and moment turn a bound into a number and back.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return minInt64
	}
	return t.UnixNano()
}

func moment(ns int64) time.Time {
	if ns == minInt64 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func cutText(b []byte) (s string, rest []byte, ok bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return "", nil, false
	}
	return strings.Clone(string(b[w : w+int(n)])), b[w+int(n):], true
}
