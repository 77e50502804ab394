package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

// Lines that a service's own code writes, around the wrapped writer that most
// services have somewhere.

var slogLine = peer{
	name: "a log/slog line by hand", slug: "slog", kind: byHand, line: true, under: "bare", column: "by hand",
	build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
		log := slog.New(slog.NewJSONHandler(s.out, nil))
		mux := routes(h)
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			c := &counted{ResponseWriter: w, status: http.StatusOK}
			mux.ServeHTTP(c, r)
			log.LogAttrs(context.Background(), slog.LevelInfo, "request",
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path),
				slog.Int("status", c.status),
				slog.Int64("size", c.bytes),
				slog.Duration("duration", time.Since(began)),
				slog.String("remote", r.RemoteAddr),
				slog.String("requestId", r.Header.Get("X-Request-Id")))
		})
		return handler, s.out.parsed(flatLine)
	},
	takes: []string{"around a writer that notes status and bytes and has nothing else, as many services have one"},
}

var zerologLine = peer{
	name: "a zerolog line by hand", slug: "zerolog", kind: byHand, line: true, under: "bare", module: "github.com/rs/zerolog",
	build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
		log := zerolog.New(s.out)
		mux := routes(h)
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			c := &counted{ResponseWriter: w, status: http.StatusOK}
			mux.ServeHTTP(c, r)
			log.Info().Time("time", began).
				Str("method", r.Method).
				Str("path", r.URL.Path).
				Int("status", c.status).
				Int64("size", c.bytes).
				Dur("duration", time.Since(began)).
				Str("remote", r.RemoteAddr).
				Str("requestId", r.Header.Get("X-Request-Id")).Send()
		})
		return handler, s.out.parsed(flatLine)
	},
}

// flatLine reads a line that has status and size at its top.
func flatLine(line []byte) (record, bool) {
	var l struct {
		Status *int
		Size   *int64
	}
	if json.Unmarshal(line, &l) != nil || l.Status == nil || l.Size == nil {
		return record{}, false
	}
	return record{status: *l.Status, bytes: *l.Size}, true
}
