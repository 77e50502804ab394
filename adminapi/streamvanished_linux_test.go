package adminapi_test

import (
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"actionlog/adminapi"
)

// vanish makes the kernel drop all that comes for a connection, so that the
// other side hears nothing more, as when a machine loses its power.
func vanish(t *testing.T, c net.Conn) {
	t.Helper()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	const dropAll = syscall.BPF_RET | syscall.BPF_K
	if err2 := raw.Control(func(fd uintptr) {
		//lint:ignore SA1019 what stands in for it is a dependency
		err = syscall.AttachLsf(int(fd), []syscall.SockFilter{{Code: dropAll}})
	}); err2 != nil || err != nil {
		t.Skip("this kernel attaches no filter: ", err2, err)
	}
}

// TestStreamClientVanishes has a client go without a word.
func TestStreamClientVanishes(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Store: newRing(t), StreamHeartbeat: 200 * time.Millisecond, StreamTimeout: 500 * time.Millisecond})
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ConnContext = adminapi.ConnContext
	srv.Start()
	t.Cleanup(func() { _ = h.Close(); srv.Close() })
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET /action-logs/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
	head := ""
	for buf := make([]byte, 1024); !strings.Contains(head, "retry:"); {
		n, err := c.Read(buf)
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		head += string(buf[:n])
	}
	if n := h.OpenStreams(); n != 1 {
		t.Fatalf("%d streams are open, want one", n)
	}
	vanish(t, c)
	for deadline := time.Now().Add(10 * time.Second); h.OpenStreams() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the stream is still open")
		}
	}
}
