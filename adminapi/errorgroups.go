package adminapi

import (
	"context"
	"net/http"

	"actionlog/storage"

	"github.com/uptrace/bunrouter"
)

// ErrorLister is a store that groups failures by what their errors have in
// common.
type ErrorLister interface {
	// Errors returns the failures that match q, grouped by the template of
	// their errors, the greatest group first. Of q's order, limit and cursor
	// only the limit counts: at most so many groups, and zero is all.
	Errors(ctx context.Context, q storage.Query) ([]storage.ErrorGroup, error)
}

func (h *Handler) errors(w http.ResponseWriter, req bunrouter.Request) error {
	q, own, err := filterOf(req.URL.RawQuery, h.opts.Now(), "limit")
	if err != nil {
		return err
	}
	q.Limit = storage.DefaultLimit
	if v, ok := own["limit"]; ok {
		if q.Limit, err = storage.ParseLimit(v); err != nil {
			return err
		}
	}
	groups, err := h.errorLister.Errors(req.Context(), q)
	if err != nil {
		return err
	}
	if groups == nil {
		groups = []storage.ErrorGroup{}
	}
	return writeJSON(w, http.StatusOK, map[string][]storage.ErrorGroup{"errors": groups})
}
