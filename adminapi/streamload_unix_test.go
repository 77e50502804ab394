//go:build unix

package adminapi_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage/ring"
)

// The load that one core is to carry.
const (
	loadRate    = 10_000 // actions a second
	loadReaders = 100
	loadTime    = 5 * time.Second
)

// TestStreamLoad sends the load to readers in another process and tells what
// it cost, on one core if it is run with -cpu 1. It belongs to the full check:
//
//	ACTIONLOG_FULL=1 go test ./adminapi -run TestStreamLoad -cpu 1 -v
func TestStreamLoad(t *testing.T) {
	if addr := os.Getenv("ACTIONLOG_DRAIN"); addr != "" {
		drain(t, addr, os.Getenv("ACTIONLOG_DRAIN_HEAD"))
		return
	}
	if os.Getenv("ACTIONLOG_FULL") != "1" {
		t.Skip("set ACTIONLOG_FULL=1 to run it")
	}
	for name, head := range map[string]string{
		"events":    "HTTP/1.0\r\n", // so that no chunks cut the body
		"websocket": "HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := ring.New(ring.Options{})
			h := newHandler(t, adminapi.Options{Store: r, MaxStreams: loadReaders, MaxStreamsPerPeer: loadReaders})
			srv := startServer(t, h)
			cmd := exec.Command(os.Args[0], "-test.run", "^TestStreamLoad$")
			cmd.Env = append(os.Environ(), "ACTIONLOG_DRAIN="+srv.Listener.Addr().String(), "ACTIONLOG_DRAIN_HEAD="+head)
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for h.OpenStreams() < loadReaders {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(500 * time.Millisecond) // all have begun
			before, begun, sent := cpuTime(), time.Now(), 0
			for time.Since(begun) < loadTime {
				for ; sent < int(time.Since(begun).Seconds()*loadRate); sent++ {
					r.Record(streamed())
				}
				time.Sleep(time.Millisecond)
			}
			used, took := cpuTime()-before, time.Since(begun)
			t.Logf("%d actions to %d readers in %v took %v of CPU (GOMAXPROCS %d): %.1f %% of a core, %.0f ns for an action and reader",
				sent, loadReaders, took, used, runtime.GOMAXPROCS(0), 100*used.Seconds()/took.Seconds(), float64(used.Nanoseconds())/float64(sent)/loadReaders)
			time.Sleep(time.Second)
			_ = h.Close() // the readers end
			if err := cmd.Wait(); err != nil {
				t.Fatalf("the readers: %v\n%s", err, &out)
			}
			if want := fmt.Sprintf("drained %d actions", sent*loadReaders); !strings.Contains(out.String(), want) {
				t.Errorf("the readers say %q, want %q", out.String(), want)
			}
		})
	}
}

// drain reads streams until they end, and tells how many actions came.
func drain(t *testing.T, addr, head string) {
	counts := make(chan int)
	for range loadReaders {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET /action-logs/stream %sHost: localhost\r\n\r\n", head)
		go func() {
			n, tail := 0, ""
			for buf := make([]byte, 64<<10); ; {
				k, err := c.Read(buf)
				text := tail + string(buf[:k])
				const mark = `{"timestamp":`
				n += strings.Count(text, mark)
				if tail = text[max(0, len(text)-len(mark)+1):]; err != nil {
					counts <- n
					return
				}
			}
		}()
	}
	all := 0
	for range loadReaders {
		all += <-counts
	}
	fmt.Printf("drained %d actions\n", all)
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
