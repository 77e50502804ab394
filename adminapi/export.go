package adminapi

import (
	"compress/gzip"
	"context"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"actionlog/storage"

	"github.com/uptrace/bunrouter"
)

// ActionLister is a store that hands out any number of actions one by one, in
// less memory than they take together.
type ActionLister interface {
	// Actions ranges over the actions that match q, oldest first and then by
	// id. q's Sort and Cursor are ignored, and a Limit of zero is none. What
	// cannot be read comes as an error with the zero Action; more may follow.
	Actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error]
}

const (
	exportChunk    = 64 << 10         // bytes that are gathered before they are sent
	exportPatience = 30 * time.Second // how long a client may take for one chunk
	maxExport      = 1_000_000_000    // the greatest limit
)

// export answers with all actions that match, as a file.
//
// Nothing is sent before there is a chunk of it or all of it, so that what
// fails at once is an ordinary error. What fails later ends the file with the
// error where no reader expects it, and the connection is cut: nobody takes
// the part for the whole. What is damaged in the store does not keep the rest
// of it from being sent before that.
func (h *Handler) export(w http.ResponseWriter, req bunrouter.Request) error {
	q, own, err := filterOf(req.URL.RawQuery, h.opts.Now(), "format", "limit")
	if err != nil {
		return err
	}
	form, limit, err := exportParams(own)
	if err != nil {
		return err
	}
	f := &exportFile{form: form, now: h.opts.Now(), sender: sender{w: w, patience: h.patience, gzipped: acceptsGzip(req.Header["Accept-Encoding"])}}
	if req.Method == http.MethodHead {
		f.headers()
		w.WriteHeader(http.StatusOK)
		return nil
	}
	from, err := h.guard.askerOf(req.Request)
	if err != nil {
		return err
	}
	if err := h.exports.enter(from); err != nil {
		return err
	}
	defer h.exports.leave(from)
	f.rest()
	f.begin()
	var broken error
	left := limit
	for a, err := range h.actions(req.Context(), q) {
		if err != nil {
			if broken == nil {
				broken = err
			}
			continue
		}
		if err := f.add(&a); err != nil {
			panic(http.ErrAbortHandler) // the client is gone, or too slow
		}
		if left--; left == 0 {
			break
		}
	}
	if broken == nil {
		if err := f.end(); err != nil {
			panic(http.ErrAbortHandler)
		}
		return nil
	}
	if f.sent {
		f.breakOff(answerTo(&failure{what: "export actions", err: broken}).Detail)
	}
	return broken
}

// exportParams reads what /export has besides a query. A limit of zero is none.
func exportParams(own map[string]string) (form string, limit int, err error) {
	form = exportForms[0]
	if v, ok := own["format"]; ok {
		if form = v; !slices.Contains(exportForms, v) {
			return "", 0, &storage.ParamError{Param: "format", Value: v, Allowed: strings.Join(exportForms, ", ")}
		}
	}
	if v, ok := own["limit"]; ok {
		if limit, err = strconv.Atoi(v); err != nil || limit < 1 || limit > maxExport || v[0] == '+' {
			return "", 0, &storage.ParamError{Param: "limit", Value: v, Allowed: "a whole number from 1 to " + strconv.Itoa(maxExport)}
		}
	}
	return form, limit, nil
}

// actions ranges over what matches, oldest first, whatever the store can do.
func (h *Handler) actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error] {
	if h.actionLister != nil {
		return h.actionLister.Actions(ctx, q)
	}
	q.Sort, q.Limit = storage.OldestFirst, storage.MaxLimit
	return func(yield func(storage.Action, error) bool) {
		for {
			page, err := h.opts.Store.Search(ctx, q)
			if err != nil {
				yield(storage.Action{}, err)
				return
			}
			for _, a := range page.Actions {
				if !yield(a, nil) {
					return
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return
			}
		}
	}
}

// sender sends an answer in chunks, each with a deadline of its own: a server's
// WriteTimeout would cut a long one, and no deadline at all would wait forever
// for a client that reads nothing.
type sender struct {
	w        http.ResponseWriter
	patience time.Duration
	gzipped  bool
	gz       *gzip.Writer
	sent     bool // whether the answer has begun
}

// send sends a chunk.
func (s *sender) send(b []byte) error {
	s.renew()
	defer s.rest()
	if !s.sent && s.gzipped {
		s.gz, _ = gzip.NewWriterLevel(s.w, gzip.BestSpeed) // the level is valid
	}
	s.sent = true
	if s.gz != nil {
		_, err := s.gz.Write(b)
		return err
	}
	_, err := s.w.Write(b)
	return err
}

// close ends an answer that is whole.
func (s *sender) close() error {
	s.renew()
	if s.gz == nil {
		return nil
	}
	return s.gz.Close()
}

// push sends what is still held back of an answer that is not whole.
func (s *sender) push() {
	s.renew()
	if s.gz != nil {
		_ = s.gz.Flush() // who is gone misses nothing
	}
	_ = http.NewResponseController(s.w).Flush()
}

// rest takes the deadline off while the store is asked for more: HTTP/2 resets
// a stream whose deadline passes, also while nothing is written.
func (s *sender) rest() {
	_ = http.NewResponseController(s.w).SetWriteDeadline(time.Time{}) // nothing to take off where there are none
}

func (s *sender) renew() {
	_ = http.NewResponseController(s.w).SetWriteDeadline(time.Now().Add(s.patience)) // nothing to renew where there are none
}
