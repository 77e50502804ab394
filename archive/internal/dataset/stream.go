package dataset

import (
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"

	"actionlog/storage"
)

// Stream is a series of actions, oldest first. It is not safe for concurrent
// use.
type Stream struct {
	opts    Options
	n       int // actions made
	r       *rand.Rand
	curve   *curve
	kinds   []kind
	often   weights
	faulty  weights
	process storage.Process
	buf     []byte
}

// New returns a stream from its beginning.
func New(opts Options) (*Stream, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	s := &Stream{
		opts:    opts,
		r:       rand.New(rand.NewPCG(opts.Seed, 0x616374696f6e)),
		curve:   newCurve(opts.Start.UTC(), opts.Days),
		faulty:  newFaults(),
		process: newProcess(uint64(opts.Start.UnixMilli()), opts.Seed),
	}
	s.kinds, s.often = newKinds(opts, s.r)
	return s, nil
}

// All ranges over the stream of valid options. It panics for others.
func All(opts Options) iter.Seq[storage.Action] {
	s, err := New(opts)
	if err != nil {
		panic(err)
	}
	return func(yield func(storage.Action) bool) {
		for {
			a, ok := s.Next()
			if !ok || !yield(a) {
				return
			}
		}
	}
}

// Next returns the next action, and false at the end.
func (s *Stream) Next() (storage.Action, bool) {
	if s.n == s.opts.Count {
		return storage.Action{}, false
	}
	at := s.curve.at((float64(s.n) + s.r.Float64()) / float64(s.opts.Count))
	s.n++
	k := &s.kinds[s.often.pick(s.r)]
	a := storage.Action{
		Time: at, Service: k.service, Action: k.action, Status: storage.Success,
		Duration: k.duration(s.r), ID: s.process.ID(uint64(s.n)),
		HTTP: &storage.HTTP{
			Method: k.method, Route: k.route, Path: s.path(k), Code: s.code(k), Bytes: int64(k.bytes * (0.5 + s.r.ExpFloat64())),
			RequestID: s.requestID(),
		},
	}
	if s.r.Float64() < s.opts.FailShare {
		f := &faults[s.faulty.pick(s.r)]
		s.buf = f.appendText(s.buf[:0], s.r)
		a.Status, a.Error, a.HTTP.Code, a.HTTP.Bytes = storage.Failed, string(s.buf), f.code, int64(len(s.buf))
	}
	return a, true
}

// path returns the route with an id in its place.
func (s *Stream) path(k *kind) string {
	front, back, found := strings.Cut(k.route, "{id}")
	if !found {
		return k.route
	}
	s.buf = append(s.buf[:0], front...)
	s.buf = strconv.AppendUint(s.buf, 1+s.r.Uint64N(2_000_000), 10)
	s.buf = append(s.buf, back...)
	return string(s.buf)
}

// missing is the share of requests that ask for what is not there.
const missing = 0.015

// code returns the code of a success.
func (s *Stream) code(k *kind) int {
	switch {
	case s.r.Float64() < missing:
		return 404
	case k.method == "POST":
		return 201
	case k.method == "DELETE":
		return 204
	}
	return 200
}

// requestID returns 16 hexadecimal digits of chance.
func (s *Stream) requestID() string {
	s.buf = appendHex(s.buf[:0], s.r.Uint64(), 16)
	return string(s.buf)
}

// newProcess returns the front of all ids, which another program would make of
// its own time and chance.
func newProcess(millis, chance uint64) (p storage.Process) {
	put := func(dst []byte, v uint64) {
		for i := len(dst) - 1; i >= 0; i-- {
			dst[i] = "0123456789abcdefghjkmnpqrstvwxyz"[v&31]
			v >>= 5
		}
	}
	put(p[:10], millis)
	put(p[10:], chance*0x9e3779b97f4a7c15)
	return p
}

// Len returns how many actions the whole stream has.
func (s *Stream) Len() int { return s.opts.Count }
