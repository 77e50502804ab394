package storetest

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"

	"actionlog/storage"
)

// day is when the actions of the suite begin.
var day = time.Date(2025, 11, 13, 0, 0, 0, 0, time.UTC)

// source makes actions from a fixed seed.
type source struct {
	rand    *rand.Rand
	process storage.Process
	ids     uint64
	made    int
	now     time.Time
}

func newSource() *source {
	return &source{rand: rand.New(rand.NewPCG(1, 2)), process: storage.NewProcess(day), now: day}
}

// id returns the next id, for stores that don't assign them.
func (s *source) id() storage.ID {
	s.ids++
	return s.process.ID(s.ids)
}

var (
	services  = []string{"CaseService", "ChatService", "AuthenticationService", "Ärger & Söhne", "服务"}
	actions   = []string{"createCase", "sendMessage", "GET /cases/{id}", "POST /cases/{id}/notes", "löschen"}
	instances = []string{"", "eu-1", "eu-2"}
	failures  = []string{
		"connection refused", "Timeout after 30s", "OpenAI API rate limit exceeded", "duplicate key value violates unique constraint",
		"100% of quota used", "bad_request", "ÜBERLAUF in stage 3", "quote ' and \" and \\ in it", "",
	}
	codes    = []int{0, 200, 201, 204, 301, 400, 404, 429, 499, 500, 503, 599}
	outcomes = []storage.Outcome{"", "", "", "", storage.Panic, storage.Aborted, storage.Hijacked, storage.Streamed}
)

// pick returns one of a list.
func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// next makes an action that ended no earlier than the one before. Times,
// durations and all else but the attribute n repeat.
func (s *source) next() storage.Action {
	r := s.rand
	s.made++
	if r.IntN(4) > 0 {
		s.now = s.now.Add(time.Duration(r.Int64N(int64(10 * time.Minute))))
	}
	a := storage.Action{
		Time:     s.now,
		Service:  pick(r, services),
		Action:   pick(r, actions),
		Status:   storage.Success,
		Duration: s.duration(),
		Instance: pick(r, instances),
		Attrs:    []storage.Attr{{Key: "n", Value: strconv.Itoa(s.made)}},
	}
	if r.IntN(3) == 0 {
		a.Status = storage.Failed
		a.Error = pick(r, failures)
	}
	if r.IntN(4) > 0 {
		a.HTTP = s.http()
	}
	if r.IntN(2) == 0 {
		binary.BigEndian.PutUint64(a.TraceID[:], 1+r.Uint64N(20))
		binary.BigEndian.PutUint64(a.SpanID[:], 1+r.Uint64N(20))
	}
	if r.IntN(3) == 0 {
		a.Attrs = append(a.Attrs, storage.Attr{Key: "tenant", Value: pick(r, services)})
	}
	return a
}

// duration is one of a few that repeat, or spread evenly over the orders of
// magnitude from a microsecond to an hour.
func (s *source) duration() time.Duration {
	if s.rand.IntN(3) == 0 {
		return pick(s.rand, []time.Duration{0, 1, time.Microsecond, time.Millisecond, 45 * time.Millisecond, time.Second})
	}
	return time.Duration(math.Pow(10, 3+s.rand.Float64()*9.55))
}

func (s *source) http() *storage.HTTP {
	r := s.rand
	h := &storage.HTTP{
		Method:    pick(r, []string{"GET", "POST", "HEAD"}),
		Route:     pick(r, []string{"/cases/{id}", "/chat", "(unmatched)"}),
		Path:      fmt.Sprintf("/cases/%d?page=%d", r.IntN(50), r.IntN(5)),
		Code:      pick(r, codes),
		Bytes:     r.Int64N(1 << 20),
		RequestID: fmt.Sprintf("req-%03d", r.IntN(100)),
		Outcome:   pick(r, outcomes),
	}
	switch r.IntN(4) {
	case 0:
		h.Remote = netip.AddrFrom4([4]byte{192, 168, 0, byte(r.IntN(10))})
	case 1:
		h.Remote = netip.MustParseAddr("2001:db8::7")
	case 2:
		h.Remote = netip.MustParseAddr("127.0.0.1")
	}
	return h
}

// take makes n actions.
func (s *source) take(n int) []storage.Action {
	list := make([]storage.Action, n)
	for i := range list {
		list[i] = s.next()
	}
	return list
}

// fill puts n actions into the store and returns them with their ids.
func (c *check) fill(n int) []storage.Action {
	c.Helper()
	if c.data == nil {
		c.data = newSource()
	}
	return c.put(c.data.take(n)...)
}
