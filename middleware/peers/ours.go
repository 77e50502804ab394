package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"github.com/uptrace/bunrouter"

	"actionlog/middleware"
	"actionlog/storage"
	"actionlog/storage/ring"
)

var bareMux = peer{
	name: "the bare handler in a ServeMux", slug: "bare", kind: bare, under: "bare",
	build: func(_ setup, h http.HandlerFunc) (http.Handler, func() []record) { return routes(h), nothing },
}

// counted is the least that any middleware must put around a writer.
type counted struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *counted) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.bytes += int64(n)
	return n, err
}

var floorRow = peer{
	name: "the floor: two clock readings and a wrapped writer", slug: "floor", kind: floor, under: "bare",
	build: func(_ setup, h http.HandlerFunc) (http.Handler, func() []record) {
		mux := routes(h)
		var c counted // of the last request
		var took time.Duration
		epoch := time.Now()
		count := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Since(epoch)
			c = counted{ResponseWriter: w}
			mux.ServeHTTP(&c, r)
			took += time.Since(epoch) - began
		})
		return count, func() []record { return []record{{status: c.status, bytes: c.bytes}} }
	},
}

var ourRows = []peer{
	{
		name: "**actionlog**, ring", slug: "ring", kind: ours, under: "bare", column: "**actionlog**",
		build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
			r := ring.New(ring.Options{})
			return middleware.New(middleware.Options{Recorder: r}).Handler(routes(h)), recorded(r)
		},
	},
	{
		name: "**actionlog**, ring and zerolog line", slug: "ring-line", kind: ours, line: true, under: "bare", column: "its line",
		build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
			log := zerolog.New(s.out)
			opts := middleware.Options{Recorder: ring.New(ring.Options{}), Logger: &log}
			return middleware.New(opts).Handler(routes(h)), s.out.parsed(ourLine)
		},
	},
	{
		name: "bunrouter, bare", slug: "bunrouter", kind: bare, under: "bunrouter", module: "github.com/uptrace/bunrouter",
		build: func(_ setup, h http.HandlerFunc) (http.Handler, func() []record) {
			return bunroutes(h), nothing
		},
	},
	{
		name: "**actionlog** in bunrouter, ring", slug: "bunrouter-ring", kind: ours, under: "bunrouter", column: "in bunrouter",
		build: func(_ setup, h http.HandlerFunc) (http.Handler, func() []record) {
			r := ring.New(ring.Options{})
			mw := middleware.New(middleware.Options{Recorder: r})
			return bunroutes(h, bunrouter.Use(mw.Bunrouter)), recorded(r)
		},
	},
}

// bunroutes mounts h on a bunrouter.
func bunroutes(h http.HandlerFunc, opts ...bunrouter.Option) http.Handler {
	router := bunrouter.New(opts...)
	native := func(w http.ResponseWriter, r bunrouter.Request) error {
		h(w, r.Request)
		return nil
	}
	router.POST("/cases/:id", native)
	router.GET("/cases/:id", native)
	router.HEAD("/cases/:id", native)
	router.GET("/cases", native)
	return router
}

// recorded reads what is new in a ring.
func recorded(r *ring.Ring) func() []record {
	after := r.Newest()
	return func() (all []record) {
		page, err := r.Search(context.Background(), storage.Query{})
		if err != nil {
			panic(fmt.Sprintf("search the ring: %v", err))
		}
		for _, a := range page.Actions {
			if a.ID > after {
				all = append(all, record{a.HTTP.Code, a.HTTP.Bytes, string(a.HTTP.Outcome)})
			}
		}
		after = r.Newest()
		return all
	}
}

// ourLine reads the line of our middleware.
func ourLine(line []byte) (record, bool) {
	var l struct {
		HTTP *struct {
			Code    int
			Bytes   int64
			Outcome string
		}
	}
	if json.Unmarshal(bytes.TrimSpace(line), &l) != nil || l.HTTP == nil {
		return record{}, false
	}
	return record{l.HTTP.Code, l.HTTP.Bytes, l.HTTP.Outcome}, true
}
