package s3_test

import (
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/archive/internal/s3test"
	"actionlog/archive/ship/s3"
)

func transport(t testing.TB) *http.Transport {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// TestBadNetwork holds that everything arrives over connections that are slow,
// are cut, are reset and refused.
func TestBadNetwork(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	proxy := s3test.StartProxy(t, server.Addr)
	dir, _ := newBigArchive(t)
	seal(t, dir, 3, actions(1, 20, 0))

	proxy.Add(t, "latency", "downstream", 1, map[string]any{"latency": 20, "jitter": 10})
	proxy.Add(t, "limit_data", "upstream", 1, map[string]any{"bytes": 7 << 20}) // no connection lives for long
	proxy.Add(t, "reset_peer", "downstream", 0.3, map[string]any{"timeout": 100})
	var retries atomic.Int32
	var cut atomic.Bool
	reached, done := make(chan struct{}), make(chan struct{})
	go func() { // refused for a while
		defer close(done)
		<-reached
		proxy.Enable(t, false)
		time.Sleep(500 * time.Millisecond)
		proxy.Enable(t, true)
	}()
	files := mustPush(t, dir, proxy.URL, func(o *s3.Options) {
		o.OnRetry = func(error, time.Duration) { retries.Add(1) }
		o.OnProgress = func(n, _ int64) {
			if n > 6<<20 && cut.CompareAndSwap(false, true) {
				close(reached)
			}
		}
	})
	<-done
	if retries.Load() == 0 {
		t.Error("no request was tried again")
	}
	for _, f := range files {
		if f.State != s3.Pushed {
			t.Errorf("%+v", f)
		}
	}
	equalObjects(t, server, dir)
}

// TestStall holds that a connection that moves nothing is given up, and that the
// end of patience is told.
func TestStall(t *testing.T) {
	t.Parallel()
	hole, err := net.Listen("tcp", "127.0.0.1:0") // the system accepts, and nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	tried := 0
	_, _, err = push(t, t.Context(), newArchive(t), "http://"+hole.Addr().String(), func(o *s3.Options) {
		o.Stall, o.Patience = 100*time.Millisecond, 250*time.Millisecond
		o.OnRetry = func(error, time.Duration) { tried++ }
	})
	if err == nil || !strings.Contains(err.Error(), "moved nothing for too long") || !strings.Contains(err.Error(), "it has been tried for") || tried == 0 {
		t.Errorf("a black hole, tried again %d times: %v", tried, err)
	}
}

// TestDown holds that a server that is not there is named, and that a push that
// waits for one ends when it is told to.
func TestDown(t *testing.T) {
	t.Parallel()
	dir := newArchive(t)
	_, _, err := push(t, t.Context(), dir, "http://127.0.0.1:1", func(o *s3.Options) { o.Patience = time.Nanosecond })
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1 cannot be reached") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, _, err = push(t, ctx, dir, "http://127.0.0.1:1", func(o *s3.Options) {
		o.OnRetry = func(error, time.Duration) { cancel() }
	})
	if err != context.Canceled {
		t.Errorf("%v", err)
	}
	_, _, err = push(t, t.Context(), dir, "http://nowhere.invalid", nil) // at once, with the default patience
	if err == nil || !strings.Contains(err.Error(), "nowhere.invalid cannot be reached") {
		t.Errorf("%v", err)
	}
}

// TestBusy holds that a server that is busy is asked again, and that one that
// refuses for good is not.
func TestBusy(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	var n, refused atomic.Int32
	busy := between(t, server.URL, func(w http.ResponseWriter, r *http.Request) bool {
		switch n.Add(1) {
		case 1, 5:
			fail(w, http.StatusServiceUnavailable, "SlowDown")
		case 2, 7:
			fail(w, http.StatusInternalServerError, "InternalError")
		case 3, 9:
			w.WriteHeader(http.StatusBadGateway)
		default:
			return false
		}
		return true
	}, nil)
	mustPush(t, dir, busy.URL, nil)
	equalObjects(t, server, dir)

	denied := between(t, server.URL, func(w http.ResponseWriter, r *http.Request) bool {
		refused.Add(1)
		fail(w, http.StatusForbidden, "AccessDenied")
		return true
	}, nil)
	_, _, err := push(t, t.Context(), dir, denied.URL, nil)
	if err == nil || !strings.Contains(err.Error(), "s3:PutObject") || refused.Load() != 1 {
		t.Errorf("%v, after %d requests", err, refused.Load())
	}
}

// TestLostAnswers holds that what a server did, and could not say, is not an
// error: an object that was put, and an upload that was completed.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	dir, _ := newBigArchive(t)
	seal(t, dir, 3, actions(1, 20, 0))
	var lost sync.Map // URLs
	deaf := between(t, server.URL, nil, func(r *http.Response) error {
		q := r.Request.URL.Query()
		putWhole := r.Request.Method == http.MethodPut && !q.Has("uploadId")
		completed := r.Request.Method == http.MethodPost && q.Has("uploadId")
		if r.StatusCode != http.StatusOK || !putWhole && !completed {
			return nil
		}
		if _, again := lost.LoadOrStore(r.Request.URL.String(), true); again {
			return nil
		}
		return errors.New("lost")
	})
	for _, f := range mustPush(t, dir, deaf.URL, nil) {
		if f.State != s3.Pushed {
			t.Errorf("%+v", f)
		}
	}
	n := 0
	lost.Range(func(any, any) bool { n++; return true })
	if n != 3 {
		t.Errorf("%d answers were lost", n)
	}
	equalObjects(t, server, dir)
}

// TestWithoutChecksums holds that a server that knows no checksums in headers is
// pushed to all the same.
func TestWithoutChecksums(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	dir, _ := newBigArchive(t)
	seal(t, dir, 3, actions(1, 20, 0))
	var refused atomic.Int32
	old := between(t, server.URL, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("X-Amz-Checksum-Sha256")+r.Header.Get("X-Amz-Checksum-Algorithm") == "" {
			return false
		}
		refused.Add(1)
		fail(w, http.StatusNotImplemented, "NotImplemented")
		return true
	}, nil)
	mustPush(t, dir, old.URL, nil)
	equalObjects(t, server, dir)
	if refused.Load() != 1 {
		t.Errorf("%d requests were refused", refused.Load())
	}
	if _, sum, err := push(t, t.Context(), dir, old.URL, nil); err != nil || sum.Sent != 0 || sum.Troubled() {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestReadBack holds that an object of which the server has no checksum that can
// be made here is read, and so that one that has changed is found.
func TestReadBack(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t, "--data-integrity-etag"), newArchive(t)
	var reads atomic.Int32
	mute := between(t, server.URL, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".gz") {
			reads.Add(1)
		}
		return false
	}, func(r *http.Response) error {
		r.Header.Del("X-Amz-Checksum-Sha256")
		r.Header.Del("X-Amz-Checksum-Type")
		return nil
	})
	mustPush(t, dir, mute.URL, nil)
	equalObjects(t, server, dir)
	if reads.Load() != 2 {
		t.Errorf("%d files were read back", reads.Load())
	}
	flip(t, server.Path("backups", "a/b/"+dayOne))
	files, sum, err := push(t, t.Context(), dir, mute.URL, nil)
	if err != nil || !sum.Troubled() || !strings.HasPrefix(states(files), dayOne+": differs\n"+dayTwo+": there") {
		t.Errorf("%s, %v", states(files), err)
	}
}

// TestTLS holds that a server whose certificate nobody vouches for is refused,
// and trusted when a file has it.
func TestTLS(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	secure := httptest.NewUnstartedServer(handOn(t, server.URL, nil, nil))
	secure.Config.ErrorLog = nil
	secure.StartTLS()
	t.Cleanup(secure.Close)
	_, _, err := push(t, t.Context(), dir, secure.URL, nil)
	if err == nil || !strings.Contains(err.Error(), "is not trusted") || !strings.Contains(err.Error(), "--ca-file") {
		t.Errorf("%v", err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	mustPush(t, dir, secure.URL, func(o *s3.Options) { o.CAFile = ca })
	equalObjects(t, server, dir)
	_, _, err = push(t, t.Context(), dir, "https"+strings.TrimPrefix(server.URL, "http"), nil)
	if err == nil || !strings.Contains(err.Error(), "is not trusted") {
		t.Errorf("https to a server without: %v", err)
	}
}
