package adminapi

import (
	"net/http"

	"github.com/uptrace/bunrouter"
)

// metrics lets another handler answer. It sees the path /metrics, whatever the
// base path is.
func (h *Handler) metrics(w http.ResponseWriter, req bunrouter.Request) error {
	h.opts.Metrics.ServeHTTP(w, req.Request)
	return nil
}
