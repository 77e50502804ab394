//go:build unix

package adminapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage/ring"
)

// The load that one core is to carry. Under the race detector, which makes
// everything many times as slow, it is a tenth.
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
			var stderr strings.Builder
			cmd.Stderr = &stderr
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			got := told(stdout)
			for h.OpenStreams() < loadReaders {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(500 * time.Millisecond) // all have begun
			rate := float64(loadRate)
			if raceDetector {
				rate /= 10
			}
			before, begun, sent := cpuTime(), time.Now(), 0
			for time.Since(begun) < loadTime {
				for ; sent < int(time.Since(begun).Seconds()*rate); sent++ {
					r.Record(streamed())
				}
				time.Sleep(time.Millisecond)
			}
			used, took := cpuTime()-before, time.Since(begun)
			t.Logf("%d actions to %d readers in %v took %v of CPU (GOMAXPROCS %d): %.1f %% of a core, %.0f ns for an action and reader",
				sent, loadReaders, took, used, runtime.GOMAXPROCS(0), 100*used.Seconds()/took.Seconds(), float64(used.Nanoseconds())/float64(sent)/loadReaders)
			want := [2]int{sent * loadReaders, 0}
			last := [2]int{}
			for late := time.After(time.Minute); last[0]+last[1] < want[0]; {
				select {
				case last = <-got:
					continue
				case <-late:
				}
				break
			}
			_ = h.Close() // the readers end
			for last = range got {
			}
			if err := cmd.Wait(); err != nil {
				t.Fatalf("the readers: %v\n%s", err, &stderr)
			}
			switch {
			case last[0]+last[1] != want[0]:
				t.Errorf("the readers had %d actions and missed %d, in all %d; want %d", last[0], last[1], last[0]+last[1], want[0])
			case last != want:
				t.Logf("on this busy machine, the readers missed %d of %d actions", last[1], want[0])
			}
		})
	}
}

// told ranges over what drain prints. The channel is closed where that ends.
func told(r io.Reader) <-chan [2]int {
	c := make(chan [2]int)
	go func() {
		defer close(c)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			var n [2]int
			if k, _ := fmt.Sscanf(lines.Text(), "drained %d missed %d", &n[0], &n[1]); k == 2 {
				c <- n
			}
		}
	}()
	return c
}

// missedEvent is how a stream tells that it left some out.
var missedEvent = regexp.MustCompile(`\{"missed":(\d+)\}`)

// drain reads streams until they end, and tells again and again how many
// actions came, and how many were missed.
func drain(t *testing.T, addr, head string) {
	var drained, missed atomic.Int64
	var readers sync.WaitGroup
	for range loadReaders {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET /action-logs/stream %sHost: localhost\r\n\r\n", head)
		readers.Go(func() {
			for lines := bufio.NewReaderSize(c, 64<<10); ; {
				text, err := lines.ReadSlice('}') // none of what is counted goes on behind one
				drained.Add(int64(bytes.Count(text, []byte(`{"timestamp":`))))
				if bytes.Contains(text, []byte(`{"missed":`)) {
					n, _ := strconv.Atoi(string(missedEvent.FindSubmatch(text)[1]))
					missed.Add(int64(n))
				}
				if err != nil {
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { readers.Wait(); close(done) }()
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		case <-time.After(50 * time.Millisecond):
		}
		fmt.Printf("drained %d missed %d\n", drained.Load(), missed.Load())
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
