package main

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"

	"github.com/fatih/color"
	"github.com/gin-gonic/gin"
	"github.com/labstack/echo/v4"
	echomw "github.com/labstack/echo/v4/middleware"
	"github.com/rs/zerolog"
	"github.com/uptrace/bunrouter"
	"github.com/uptrace/bunrouter/extra/reqlog"
)

// What belongs to a router of its own, and that router bare.
var frameworks = []peer{
	{
		name: "bunrouter's reqlog", slug: "reqlog", kind: logger, line: true, under: "bunrouter", column: "reqlog",
		module: "github.com/uptrace/bunrouter/extra/reqlog",
		build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
			color.NoColor = true
			return bunroutes(h, bunrouter.Use(reqlog.NewMiddleware(reqlog.WithVerbose(true)))), s.out.parsed(reqlogLine)
		},
		takes: []string{"verbose, else it logs failures alone; it writes to the standard output and nowhere else, here the null device, by a system call each"},
	},
	{
		name: "gin, bare", slug: "gin", kind: bare, under: "gin", module: "github.com/gin-gonic/gin",
		build: func(_ setup, h http.HandlerFunc) (http.Handler, func() []record) { return ginRoutes(h), nothing },
	},
	{
		name: "gin.Logger", slug: "gin-logger", kind: logger, line: true, under: "gin", column: "gin",
		module: "github.com/gin-gonic/gin",
		build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
			use := []gin.HandlerFunc{gin.LoggerWithWriter(s.out)}
			if s.recovers {
				use = append(use, gin.RecoveryWithWriter(io.Discard))
			}
			return ginRoutes(h, use...), s.out.parsed(ginLine)
		},
		takes: []string{"its default format, in release mode"},
	},
	{
		name: "echo, bare", slug: "echo", kind: bare, under: "echo", module: "github.com/labstack/echo/v4",
		build: func(_ setup, h http.HandlerFunc) (http.Handler, func() []record) { return echoRoutes(h), nothing },
	},
	{
		name: "echo's RequestLogger", slug: "echo-logger", kind: logger, line: true, under: "echo", column: "echo",
		module: "github.com/labstack/echo/v4",
		build: func(s setup, h http.HandlerFunc) (http.Handler, func() []record) {
			use := []echo.MiddlewareFunc{echoLogger(zerolog.New(s.out))}
			if s.recovers {
				use = append(use, echomw.Recover())
			}
			return echoRoutes(h, use...), s.out.parsed(echoLine)
		},
		takes: []string{"into zerolog, as its documentation shows: method, URI, status, size, latency, and the error"},
	},
}

var reqlogStatus = regexp.MustCompile(`^\[bunrouter\].* (\d+)  +\S+`)

func reqlogLine(line []byte) (record, bool) { return numbered(reqlogStatus, line) }

// ginRoutes mounts h on gin.
func ginRoutes(h http.HandlerFunc, use ...gin.HandlerFunc) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(use...)
	native := func(c *gin.Context) { h(c.Writer, c.Request) }
	router.POST("/cases/:id", native)
	router.GET("/cases/:id", native)
	router.HEAD("/cases/:id", native)
	router.GET("/cases", native)
	return router
}

var ginStatus = regexp.MustCompile(`^\[GIN\] \S+ - \S+ \| (\d+) \|`)

func ginLine(line []byte) (record, bool) { return numbered(ginStatus, line) }

// echoRoutes mounts h on echo.
func echoRoutes(h http.HandlerFunc, use ...echo.MiddlewareFunc) http.Handler {
	router := echo.New()
	router.Logger.SetOutput(io.Discard)
	router.Use(use...)
	native := func(c echo.Context) error {
		h(c.Response(), c.Request())
		return nil
	}
	router.POST("/cases/:id", native)
	router.GET("/cases/:id", native)
	router.HEAD("/cases/:id", native)
	router.GET("/cases", native)
	return router
}

func echoLogger(log zerolog.Logger) echo.MiddlewareFunc {
	return echomw.RequestLoggerWithConfig(echomw.RequestLoggerConfig{
		LogMethod:       true,
		LogURI:          true,
		LogStatus:       true,
		LogResponseSize: true,
		LogLatency:      true,
		LogError:        true,
		HandleError:     true,
		LogValuesFunc: func(_ echo.Context, v echomw.RequestLoggerValues) error {
			e := log.Info()
			if v.Error != nil {
				e = log.Error().Err(v.Error)
			}
			e.Time("time", v.StartTime).
				Str("method", v.Method).
				Str("uri", v.URI).
				Int("status", v.Status).
				Int64("size", v.ResponseSize).
				Dur("duration", v.Latency).
				Msg("request")
			return nil
		},
	})
}

func echoLine(line []byte) (record, bool) {
	r, ok := flatLine(line)
	var l struct{ Error string }
	if ok && json.Unmarshal(line, &l) == nil && l.Error != "" {
		r.how = "panic" // the handlers here return no error
	}
	return r, ok
}
