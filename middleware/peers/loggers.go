package main

import (
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	chi "github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httplog/v3"
	"github.com/rs/zerolog"
	"github.com/rs/zerolog/hlog"
	sloghttp "github.com/samber/slog-http"
)

// What logs each request of any net/http handler.
var loggers = []peer{
	{
		name: "zerolog's hlog, AccessHandler", slug: "hlog", kind: logger, line: true, under: "bare", column: "hlog",
		module: "github.com/rs/zerolog",
		build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
			access := hlog.AccessHandler(accessLine)
			return hlog.NewHandler(zerolog.New(s.out).With().Timestamp().Logger())(access(routes(h))), s.out.parsed(flatLine)
		},
		takes: []string{"method, URL, status, size and duration"},
	},
	{
		name: "zerolog's hlog, as documented", slug: "hlog-fields", kind: logger, line: true, under: "bare",
		module: "github.com/rs/zerolog",
		build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
			handler := hlog.RequestIDHandler("req_id", "Request-Id")(routes(h))
			handler = hlog.RefererHandler("referer")(handler)
			handler = hlog.UserAgentHandler("user_agent")(handler)
			handler = hlog.RemoteAddrHandler("ip")(handler)
			handler = hlog.AccessHandler(accessLine)(handler)
			return hlog.NewHandler(zerolog.New(s.out).With().Timestamp().Logger())(handler), s.out.parsed(flatLine)
		},
		takes: []string{"the chain of handlers in its README: address, user agent, referer and request id, too"},
	},
	{
		name: "go-chi/httplog", slug: "httplog", kind: logger, line: true, under: "bare", column: "httplog",
		module: "github.com/go-chi/httplog/v3",
		build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
			out := slog.New(slog.NewJSONHandler(s.out, nil))
			opts := &httplog.Options{Level: slog.LevelInfo, Schema: httplog.SchemaECS, RecoverPanics: s.recovers}
			return httplog.RequestLogger(out, opts)(routes(h)), s.out.parsed(httplogLine)
		},
		takes: []string{"schema ECS on a JSON handler"},
	},
	{
		name: "chi's Logger", slug: "chi", kind: logger, line: true, under: "bare", column: "chi",
		module: "github.com/go-chi/chi/v5",
		build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
			handler := routes(h)
			if s.recovers {
				handler = chi.Recoverer(handler)
			}
			format := &chi.DefaultLogFormatter{Logger: log.New(s.out, "", log.LstdFlags), NoColor: true}
			return chi.RequestLogger(quiet{format})(handler), s.out.parsed(chiLine)
		},
		takes: []string{"its default format without colours"},
	},
	{
		name: "samber/slog-http", slug: "slog-http", kind: logger, line: true, under: "bare", column: "slog-http",
		module: "github.com/samber/slog-http",
		build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
			handler := routes(h)
			if s.recovers {
				handler = sloghttp.Recovery(handler)
			}
			return sloghttp.New(slog.New(slog.NewJSONHandler(s.out, nil)))(handler), s.out.parsed(slogHTTPLine)
		},
		takes: []string{"its defaults on a JSON handler"},
	},
}

// accessLine is the line that hlog's documentation writes.
func accessLine(r *http.Request, status, size int, duration time.Duration) {
	hlog.FromRequest(r).Info().
		Str("method", r.Method).
		Stringer("url", r.URL).
		Int("status", status).
		Int("size", size).
		Dur("duration", duration).
		Msg("")
}

func httplogLine(line []byte) (record, bool) {
	var l struct {
		Status *int   `json:"http.response.status_code"`
		Bytes  *int64 `json:"http.response.body.bytes"`
		Type   string `json:"error.type"`
		Error  string `json:"error.message"`
	}
	if json.Unmarshal(line, &l) != nil || l.Status == nil || l.Bytes == nil {
		return record{}, false
	}
	r := record{status: *l.Status, bytes: *l.Bytes}
	switch {
	case l.Type == "ClientAborted", strings.Contains(l.Error, http.ErrAbortHandler.Error()):
		r.how = "aborted"
	case strings.HasPrefix(l.Error, "panic: "):
		r.how = "panic"
	}
	return r, true
}

// quiet is a format of chi's without the stacks that it prints to the standard
// error.
type quiet struct{ chi.LogFormatter }

func (q quiet) NewLogEntry(r *http.Request) chi.LogEntry {
	return quietEntry{q.LogFormatter.NewLogEntry(r)}
}

type quietEntry struct{ chi.LogEntry }

func (quietEntry) Panic(any, []byte) {}

// chiStatus finds status and bytes at the end of a line of chi's.
var chiStatus = regexp.MustCompile(` - (\d{3}) (\d+)B in \S+\n$`)

func chiLine(line []byte) (record, bool) { return numbered(chiStatus, line) }

// numbered reads a line by a pattern that has groups for status and bytes, or
// for the status alone.
func numbered(pattern *regexp.Regexp, line []byte) (record, bool) {
	found := pattern.FindSubmatch(line)
	if found == nil {
		return record{}, false
	}
	r := record{bytes: untold}
	var err error
	if r.status, err = strconv.Atoi(string(found[1])); err != nil {
		return record{}, false
	}
	if len(found) > 2 {
		if r.bytes, err = strconv.ParseInt(string(found[2]), 10, 64); err != nil {
			return record{}, false
		}
	}
	return r, true
}

func slogHTTPLine(line []byte) (record, bool) {
	var l struct {
		Response *struct {
			Status int
			Length int64
		}
	}
	if json.Unmarshal(line, &l) != nil || l.Response == nil {
		return record{}, false
	}
	return record{status: l.Response.Status, bytes: l.Response.Length}, true
}
