package adminapi

import (
	"container/list"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter allows each peer a rate. It remembers a bounded number of peers and
// forgets the one longest unheard of, which then has a full burst again. It
// is safe for concurrent use.
type limiter struct {
	rate  rate.Limit
	burst int
	most  int

	mu    sync.Mutex
	peers map[asker]*list.Element
	heard list.List // of *bucket, the latest heard of first
}

// asker is who has a rate. Pages of other origins that a peer's browser shows
// share one that is not the peer's own.
type asker struct {
	peer    netip.Addr
	foreign bool
}

func askerOf(a netip.Addr, foreign bool) asker { return asker{peerKey(a), foreign} }

type bucket struct {
	asker
	*rate.Limiter
}

// newLimiter returns nil where there is no limit.
func newLimiter(o Options) *limiter {
	if o.Rate == 0 || o.Rate == rate.Inf {
		return nil
	}
	return &limiter{rate: o.Rate, burst: o.Burst, most: o.RatePeers, peers: make(map[asker]*list.Element)}
}

// mayGuess is how many wrong credentials a minute, and at once, each peer may
// try.
const mayGuess = 10

// newGuesses returns the limiter of wrong credentials.
func newGuesses(o Options) *limiter {
	return &limiter{rate: mayGuess / 60.0, burst: mayGuess, most: o.RatePeers, peers: make(map[asker]*list.Element)}
}

// check refuses a request of a peer that has used up what it may make. A nil
// limiter allows everything.
func (l *limiter) check(from asker, now time.Time) error {
	if l == nil {
		return nil
	}
	b := l.bucketOf(from)
	if b.AllowN(now, 1) {
		return nil
	}
	return l.tooMany("requests", b, now)
}

// judge counts credentials that were wrong, and refuses a peer that has tried
// too many of them whatever it tries now: else its next guess would be told
// from the wrong ones all the same.
func (l *limiter) judge(from asker, right bool, now time.Time) error {
	if right {
		if b := l.heardOf(from); b != nil && b.TokensAt(now) < 1 {
			return l.tooMany("wrong credentials", b, now)
		}
		return nil
	}
	if b := l.bucketOf(from); !b.AllowN(now, 1) {
		return l.tooMany("wrong credentials", b, now)
	}
	return nil
}

func (l *limiter) tooMany(what string, b *rate.Limiter, now time.Time) error {
	wait := math.Ceil((1 - b.TokensAt(now)) / float64(l.rate))
	seconds := strconv.Itoa(int(max(1, min(wait, 1<<30))))
	return &Error{
		Status: http.StatusTooManyRequests,
		Detail: "too many " + what + "; try again in " + seconds + " s",
		Header: http.Header{"Retry-After": {seconds}},
	}
}

// heardOf returns the bucket of a peer that is remembered, or nil.
func (l *limiter) heardOf(key asker) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.peers[key]; ok {
		return e.Value.(*bucket).Limiter
	}
	return nil
}

func (l *limiter) bucketOf(key asker) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.peers[key]; ok {
		l.heard.MoveToFront(e)
		return e.Value.(*bucket).Limiter
	}
	if len(l.peers) >= l.most {
		oldest := l.heard.Remove(l.heard.Back()).(*bucket)
		delete(l.peers, oldest.asker)
	}
	b := &bucket{asker: key, Limiter: rate.NewLimiter(l.rate, l.burst)}
	l.peers[key] = l.heard.PushFront(b)
	return b.Limiter
}

// peerKey folds all addresses of an IPv6 /64 into one: who has one of them
// can use any.
func peerKey(a netip.Addr) netip.Addr {
	if a.Is4() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}
