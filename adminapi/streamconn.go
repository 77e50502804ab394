package adminapi

import (
	"context"
	"net"
	"syscall"
	"time"
)

type connKey struct{}

// ConnContext lets streams know the connection that they go over. Set it as
// http.Server.ConnContext, or call it there:
//
//	server.ConnContext = adminapi.ConnContext
//
// Without it a client of Server-Sent Events that goes without a word, as when
// its machine loses power or network, keeps its stream until TCP gives the
// connection up, which on Linux takes a quarter of an hour. With it, on Linux,
// a stream's connection is given up when what was written to it has not arrived
// for [Options.StreamTimeout], so at the latest that long after a heartbeat; and
// so it stays for what else goes over that connection. A WebSocket does not
// need it: its client answers heartbeats.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// boundSilence has the connection of a request given up when what was written
// has not arrived for so long, where it is known and the system can.
func boundSilence(ctx context.Context, most time.Duration) {
	c := ctx.Value(connKey{})
	for {
		inner, ok := c.(interface{ NetConn() net.Conn }) // as tls.Conn has it
		if !ok {
			break
		}
		c = inner.NetConn()
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			_ = setUserTimeout(raw, most)
		}
	}
}

// setUserTimeout sets the timeout of RFC 5482 on a connection.
func setUserTimeout(raw syscall.RawConn, most time.Duration) (err error) {
	failed := raw.Control(func(fd uintptr) { err = setUserTimeoutOf(fd, most) })
	if err == nil {
		err = failed
	}
	return err
}
