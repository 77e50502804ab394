package adminapi

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"actionlog/storage"

	"github.com/uptrace/bunrouter"
)

func (h *Handler) stats(w http.ResponseWriter, req bunrouter.Request) error {
	s, err := h.opts.Store.Stats(req.Context(), storage.Query{})
	if err != nil {
		return err
	}
	if s.ByService == nil {
		s.ByService = map[string]int64{}
	}
	if s.Services == nil {
		s.Services = map[string]storage.ServiceStats{}
	}
	if s.Sinks == nil {
		s.Sinks = map[string]storage.SinkStats{}
	}
	return writeJSON(w, http.StatusOK, struct {
		Stats storage.Stats `json:"stats"`
	}{s})
}

func (h *Handler) clear(w http.ResponseWriter, req bunrouter.Request) error {
	if err := h.clearer.Clear(req.Context()); err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, struct {
		Message string `json:"message"`
	}{"Action logs cleared successfully"})
}

// running is the JSON form of what is in flight. Its keys are those of an
// action, but for the moment: began is when it began.
type running struct {
	Began   time.Time    `json:"began"`
	Service string       `json:"service"`
	Action  string       `json:"action"`
	Age     int64        `json:"age"` // milliseconds, rounded half up
	AgeNs   int64        `json:"ageNs"`
	HTTP    *runningHTTP `json:"http,omitempty"`
}

type runningHTTP struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Remote    string `json:"remote,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

func (h *Handler) active(w http.ResponseWriter, req bunrouter.Request) error {
	if _, err := onlyKnown(req.URL.RawQuery); err != nil {
		return err
	}
	list, err := h.activeLister.Active(req.Context())
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b storage.Running) int { return cmp.Compare(b.Age, a.Age) })
	out := make([]running, len(list))
	for i, a := range list {
		out[i] = running{
			Began: a.Began.UTC(), Service: a.Service, Action: a.Action,
			Age: a.Age.Round(time.Millisecond).Milliseconds(), AgeNs: a.Age.Nanoseconds(),
		}
		if a.Method != "" {
			out[i].HTTP = &runningHTTP{Method: a.Method, Path: a.Path, RequestID: a.RequestID}
			if a.Remote.IsValid() {
				out[i].HTTP.Remote = a.Remote.String()
			}
		}
	}
	return writeJSON(w, http.StatusOK, map[string][]running{"active": out})
}
