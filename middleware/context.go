package middleware

import (
	"context"

	"github.com/rs/zerolog"
)

// exchangeKey is the context key of an *exchange.
type exchangeKey struct{}

// exchangeContext carries a request's record.
type exchangeContext struct {
	context.Context
	x *exchange
}

// Value returns the record for its key, and what the parent has for others.
func (c *exchangeContext) Value(key any) any {
	if _, ok := key.(exchangeKey); ok {
		return c.x
	}
	return c.Context.Value(key)
}

// loggerContext carries a request's record, its logger, and the value of the
// header that answers its id: one allocation for all.
type loggerContext struct {
	exchangeContext
	logger zerolog.Logger
	answer [1]string
}

// Value returns the record, the logger, or what the parent has.
func (c *loggerContext) Value(key any) any {
	if key == loggerKey {
		return &c.logger
	}
	return c.exchangeContext.Value(key)
}

// loggerKey is the key that zerolog.Ctx looks for.
var loggerKey = func() any {
	var probe keyProbe
	probe.Context = context.Background()
	zerolog.Ctx(&probe)
	return probe.key
}()

// keyProbe is a context that notes what it is asked for.
type keyProbe struct {
	context.Context
	key any
}

func (p *keyProbe) Value(key any) any {
	p.key = key
	return nil
}
