package adminapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"actionlog/storage"

	"github.com/uptrace/bunrouter"
)

// stream answers with live actions, until the client goes or the handler or
// the store is closed.
func (h *Handler) stream(w http.ResponseWriter, req bunrouter.Request) error {
	r := req.Request
	params, err := parseStream(r.URL.RawQuery, r.Header, h.opts.Now())
	if err != nil {
		return err
	}
	socket := wantsSocket(r)
	if err := streamable(w, r, socket); err != nil {
		return err
	}
	if r.Method == http.MethodHead {
		setEventHeaders(w.Header())
		w.WriteHeader(http.StatusOK)
		return nil
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	seat, err := h.seatOf(r, cancel)
	if err != nil {
		return err
	}
	defer h.streams.leave(seat)
	s := &liveStream{params: params, all: h.streams, beat: h.opts.StreamHeartbeat}
	defer s.release()
	if err := s.begin(ctx, h.opts.Store); err != nil {
		if ctx.Err() != nil && r.Context().Err() == nil {
			return h.refusalOf(endOf(ctx))
		}
		return err
	}
	boundSilence(r.Context(), h.opts.StreamTimeout)
	if socket {
		return h.serveSocket(ctx, w, r, seat, s)
	}
	return h.serveEvents(ctx, w, seat, s)
}

// seatOf takes a seat for a stream, and ties it to the login that it was let in
// by, if it was by one. cancel ends the stream.
func (h *Handler) seatOf(r *http.Request, cancel context.CancelCauseFunc) (*streamSeat, error) {
	p, err := h.guard.peerOf(r)
	if err != nil {
		return nil, err
	}
	login, by := h.guard.loginOf(r)
	seat, err := h.streams.enter(p.addr, login, cancel)
	if err == nil && by && !h.guard.sessions.has(login) { // it ended meanwhile
		h.streams.leave(seat)
		return nil, h.guard.creds.unauthorized(errLoginEnded.Error())
	}
	return seat, err
}

// refusalOf is the answer to a stream that was ended before it began.
func (h *Handler) refusalOf(why error) error {
	if why == errLoginEnded {
		return h.guard.creds.unauthorized(why.Error())
	}
	return retryLater(http.StatusServiceUnavailable, why.Error())
}

// liveStream is one stream. It reads the tail that all share, as long as it keeps up
// with it, and else its own cursor.
type liveStream struct {
	params streamParams
	all    *streams
	beat   time.Duration // between heartbeats
	format int
	out    wire

	history []storage.Action // to be sent before the live ones
	first   *chunk           // of the live ones, what there was at the beginning
	at      storage.ID       // what came up to here has been sent, or did not match
	placed  bool             // whether at is an id of the store
	told    storage.ID       // the newest id that the client knows of

	own    *source // its own cursor; nil while it reads the tail
	tail   *tail   // nil before it is first held
	number uint64  // of the next chunk of the tail

	due   time.Time // when the next heartbeat is
	timer *time.Timer
	buf   []byte
}

// begin finds out where the stream begins, and whether there is anything yet
// to come.
func (s *liveStream) begin(ctx context.Context, store storage.Searcher) (err error) {
	defer rescue(&err)
	f := s.all.follower
	newest := f.Newest()
	if s.params.resume {
		s.at = s.params.after
		s.placed = s.at == newest
	} else {
		s.at = newest
		s.placed = newest != ""
	}
	s.own = &source{cursor: f.Follow(s.at), at: s.at}
	if s.first, err = s.own.peek(); errors.Is(err, storage.ErrClosed) {
		return retryLater(http.StatusServiceUnavailable, storage.ErrClosed.Error())
	} else if err != nil {
		return err
	}
	if s.params.last > 0 && !s.params.resume {
		s.history, err = lastBefore(ctx, store, s.params.query, s.params.last, newest)
	}
	return err
}

// lastBefore returns the newest n actions that match q and came no later than
// newest, oldest first.
func lastBefore(ctx context.Context, store storage.Searcher, q storage.Query, n int, newest storage.ID) ([]storage.Action, error) {
	const mostPages = 8 // of actions that came meanwhile
	var list []storage.Action
	q.Limit = n
	for range mostPages {
		page, err := store.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Actions {
			if len(list) < n && page.Actions[i].ID <= newest {
				list = append(list, page.Actions[i])
			}
		}
		if q.Cursor = page.Next; len(list) == n || q.Cursor == "" {
			break
		}
	}
	slices.Reverse(list)
	return list, nil
}

// run sends until ctx is done, the client or the store is gone: the error says
// which.
func (s *liveStream) run(ctx context.Context, out wire, format int) error {
	s.out, s.format = out, format
	s.due = time.Now().Add(s.beat)
	s.timer = time.NewTimer(s.beat)
	defer s.timer.Stop()
	if err := s.sendHistory(); err != nil {
		return err
	}
	if c := s.first; c != nil {
		s.first = nil
		if err := s.send(c); err != nil {
			return err
		}
	}
	for {
		if now := time.Now(); !now.Before(s.due) {
			if err := s.sendBeat(); err != nil {
				return err
			}
			s.due = now.Add(s.beat)
			s.timer.Reset(s.beat)
		}
		c, err := s.next(ctx)
		if err == nil && c != nil {
			err = s.send(c)
		}
		if err != nil {
			return err
		}
	}
}

// next waits for what comes behind s.at. It returns no chunk when a heartbeat
// is due, or when it is to be called again.
func (s *liveStream) next(ctx context.Context) (*chunk, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.own != nil && s.placed {
		s.join()
	}
	if s.own != nil {
		return s.nextOwn(ctx)
	}
	c, wake, held, err := s.tail.get(s.number)
	if !held || c != nil && !c.follows(s.at) {
		s.own, err = newSource(s.all.follower, s.at)
		return nil, err
	}
	if c != nil {
		s.number++
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	select {
	case <-wake:
	case <-s.timer.C:
	case <-ctx.Done():
	}
	return nil, nil
}

// join goes over to the tail, if that holds what comes next.
func (s *liveStream) join() {
	if s.tail == nil {
		s.tail = s.all.hold(s.at)
	}
	number, ok := s.tail.locate(s.at)
	if !ok {
		return
	}
	if c, _, _, _ := s.tail.get(number); c == nil || c.follows(s.at) {
		s.own, s.number = nil, number
	}
}

// nextOwn reads the stream's own cursor.
func (s *liveStream) nextOwn(ctx context.Context) (*chunk, error) {
	waiting, cancel := context.WithDeadline(ctx, s.due)
	defer cancel()
	c, err := s.own.next(waiting)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, nil
	}
	return c, err
}

// release gives the tail back.
func (s *liveStream) release() {
	if s.tail != nil {
		s.all.release(s.tail)
	}
}

func (s *liveStream) sendHistory() error {
	f := formats[s.format]
	for i := range s.history {
		s.buf = f.appendAction(s.buf, &s.history[i])
		if err := s.flush(maxPiece); err != nil {
			return err
		}
	}
	s.history = nil
	if s.placed {
		s.buf = f.appendPlace(s.buf, s.at)
		s.told = s.at
	}
	return s.flush(0)
}

func (s *liveStream) sendBeat() error {
	place := s.at
	if place == s.told || !s.placed {
		place = ""
	}
	s.told = s.at
	s.buf = formats[s.format].appendBeat(s.buf, place)
	return s.flush(0)
}

// send sends what of a chunk matches and has not been sent.
func (s *liveStream) send(c *chunk) error {
	f, first := formats[s.format], 0
	if s.placed {
		first = c.behind(s.at)
	}
	if c.missed > 0 && first == 0 {
		after := c.last
		if len(c.actions) > 0 {
			after, _ = c.actions[0].ID.Before()
		}
		s.buf = f.appendMissed(s.buf, c.missed, after)
		if after != "" {
			s.told = after
		}
	}
	if err := s.sendActions(c, first); err != nil {
		return err
	}
	if !s.placed || s.at < c.last { // the tail may be behind
		s.at = c.last
	}
	s.placed = s.placed || len(c.actions) > 0
	return nil
}

func (s *liveStream) sendActions(c *chunk, first int) error {
	if s.params.match == nil {
		if err := s.flush(0); err != nil || first == len(c.actions) {
			return err
		}
		e := c.in(s.format)
		s.told = c.last
		return s.out.send(e.bytes[e.from(first):])
	}
	for i := first; i < len(c.actions); i++ {
		if !s.params.match.Match(&c.actions[i]) {
			continue
		}
		e := c.in(s.format)
		s.buf = append(s.buf, e.bytes[e.from(i):e.ends[i]]...)
		s.told = c.actions[i].ID
		if err := s.flush(maxPiece); err != nil {
			return err
		}
	}
	return s.flush(0)
}

// flush sends what is in the buffer, if that is more than some bytes.
func (s *liveStream) flush(more int) error {
	if len(s.buf) <= more {
		return nil
	}
	err := s.out.send(s.buf)
	if s.buf = s.buf[:0]; cap(s.buf) > 4*maxPiece {
		s.buf = nil
	}
	return err
}
