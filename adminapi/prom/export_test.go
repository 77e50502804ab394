package prom

import (
	"net/http"
	"time"
)

// HandlerOf returns the collector's handler with another patience.
func HandlerOf(c *Collector, patience time.Duration) http.Handler {
	h := c.Handler().(*handler)
	h.patience = patience
	return h
}
