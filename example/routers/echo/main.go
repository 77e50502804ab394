// Command echo records the requests of a labstack/echo by their routes:
//
//	go run ./echo
//	curl localhost:8000/cases/7
//	curl localhost:8000/action-logs/recent
//
// The middleware stands around it, so that requests that no route matches are
// recorded, too. Since version 5, echo tells the route where the standard
// library's mux tells it; with version 4, told below also needs the line
//
//	c.Request().Pattern = c.Path()
package main

import (
	"errors"
	"net/http"

	"actionlog/example/routers/internal/serve"
	"actionlog/middleware"
	"actionlog/storage/ring"

	"github.com/labstack/echo/v5"
)

func main() {
	actions := ring.New(ring.Options{})
	mw := middleware.New(middleware.Options{Recorder: actions, Service: "CaseService", Recover: true})
	serve.Main(mw.Handler(routes()), actions)
}

func routes() http.Handler {
	e := echo.New()
	e.Use(told)
	e.GET("/cases/:id", func(c *echo.Context) error {
		return c.String(http.StatusOK, "case "+c.Param("id")+"\n")
	})
	e.POST("/cases", func(c *echo.Context) error {
		middleware.Name(c.Response(), "CaseService", "createCase") // a name of its own
		return c.NoContent(http.StatusCreated)
	})
	below := e.Group("/chat/:room")
	below.POST("/messages", func(*echo.Context) error {
		return echo.NewHTTPError(http.StatusServiceUnavailable, "").Wrap(errors.New("rate limit exceeded"))
	})
	return e
}

// told tells the middleware of errors that are the server's fault: echo answers
// a returned error itself, and what the answer says is less. An error that is a
// status below 500, such as a 404, is the client's.
func told(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		err := next(c)
		if code := echo.StatusCode(err); err != nil && (code == 0 || code >= http.StatusInternalServerError) {
			middleware.Fail(c.Response(), err)
		}
		return err
	}
}
