package adminapi

import (
	"net/http"
	"net/url"
	"sync"

	"actionlog/storage"

	"github.com/uptrace/bunrouter"
)

const defaultFailed = 50 // the limit of /failed, unless it is given

func (h *Handler) recent(w http.ResponseWriter, req bunrouter.Request) error {
	return h.newest(w, req, storage.Query{}, storage.DefaultLimit)
}

func (h *Handler) failed(w http.ResponseWriter, req bunrouter.Request) error {
	return h.newest(w, req, storage.Query{Status: storage.Failed}, defaultFailed)
}

// service answers with the actions of a service. One that nobody has heard of
// has none, and that is all: it is no error, however odd its name.
func (h *Handler) service(w http.ResponseWriter, req bunrouter.Request) error {
	name, err := url.PathUnescape(req.Param("service"))
	if err != nil {
		return badRequest("the name of the service is malformed: " + err.Error())
	}
	return h.newest(w, req, storage.Query{Services: []string{name}}, storage.DefaultLimit)
}

// newest answers with the newest actions that match q, as many as limit says.
func (h *Handler) newest(w http.ResponseWriter, req bunrouter.Request, q storage.Query, limit int) error {
	var err error
	if q.Limit, err = limitOf(req.URL.RawQuery, limit); err != nil {
		return err
	}
	if len(q.Services) > 0 && len(q.Services[0]) > storage.MaxName {
		return writeActions(w, storage.Page{})
	}
	page, err := h.opts.Store.Search(req.Context(), q)
	if err != nil {
		return err
	}
	page.Next = ""
	return writeActions(w, page)
}

func (h *Handler) search(w http.ResponseWriter, req bunrouter.Request) error {
	values, err := valuesOf(req.URL.RawQuery)
	if err != nil {
		return err
	}
	q, err := storage.ParseQuery(values, h.opts.Now())
	if err != nil {
		return err
	}
	page, err := h.opts.Store.Search(req.Context(), q)
	if err != nil {
		return err
	}
	return writeActions(w, page)
}

func (h *Handler) slow(w http.ResponseWriter, req bunrouter.Request) error {
	values, err := onlyKnown(req.URL.RawQuery, "limit")
	if err != nil {
		return err
	}
	q, err := storage.ParseQuery(values, h.opts.Now())
	if err != nil {
		return err
	}
	if q.Limit == 0 {
		q.Limit = storage.DefaultLimit
	}
	q.Sort = storage.SlowestFirst
	actions, err := h.slowLister.Slow(req.Context(), q)
	if err != nil {
		return err
	}
	return writeActions(w, storage.Page{Actions: actions})
}

// bodies are the buffers of lists. A writer keeps nothing that is written to
// it, so they can be used again.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled is the largest buffer that is kept, in bytes.
const maxPooled = 1 << 20

// writeActions answers with a page of actions.
func writeActions(w http.ResponseWriter, page storage.Page) error {
	buf := bodies.Get().(*[]byte)
	b := append((*buf)[:0], `{"actions":[`...)
	for i := range page.Actions {
		if i > 0 {
			b = append(b, ',')
		}
		b = page.Actions[i].AppendJSON(b)
	}
	b = append(b, ']')
	if page.Next != "" {
		next, err := encodeJSON(page.Next)
		if err != nil {
			return err
		}
		b = append(append(b, `,"next":`...), next...)
	}
	b = append(b, '}')
	writeBody(w, http.StatusOK, b)
	if *buf = b; cap(b) <= maxPooled {
		bodies.Put(buf)
	}
	return nil
}
