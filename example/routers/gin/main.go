// Command gin records the requests of a gin engine by their routes:
//
//	go run ./gin
//	curl localhost:8000/cases/7
//	curl localhost:8000/action-logs/recent
//
// The middleware stands around the engine, so that requests that no route
// matches are recorded, too.
package main

import (
	"errors"
	"net/http"

	"actionlog/example/routers/internal/serve"
	"actionlog/middleware"
	"actionlog/storage/ring"

	"github.com/gin-gonic/gin"
)

func main() {
	actions := ring.New(ring.Options{})
	mw := middleware.New(middleware.Options{Recorder: actions, Service: "CaseService", Recover: true})
	serve.Main(mw.Handler(routes()), actions)
}

func routes() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New() // without gin.Recovery: Options.Recover of the middleware also records the panic
	engine.Use(told)
	engine.GET("/cases/:id", func(c *gin.Context) {
		c.String(http.StatusOK, "case %s\n", c.Param("id"))
	})
	engine.POST("/cases", func(c *gin.Context) {
		middleware.Name(c.Writer, "CaseService", "createCase") // a name of its own
		c.Status(http.StatusCreated)
	})
	below := engine.Group("/chat/:room")
	below.POST("/messages", func(c *gin.Context) {
		_ = c.AbortWithError(http.StatusServiceUnavailable, errors.New("rate limit exceeded"))
	})
	return engine
}

// told tells the middleware what gin knows: the route, before anything copies
// the request, and the last error of a request that failed by the server's
// fault.
func told(c *gin.Context) {
	c.Request.Pattern = c.FullPath()
	c.Next()
	if last := c.Errors.Last(); last != nil && c.Writer.Status() >= http.StatusInternalServerError {
		middleware.Fail(c.Writer, last)
	}
}
