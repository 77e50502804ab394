package s3_test

import (
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"actionlog/archive/ship/s3"

	"github.com/minio/minio-go/v7"
)

// TestNeverReplaces holds that an object that appears between the look and the
// write is not replaced, whether a file goes in one request or in parts.
func TestNeverReplaces(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	dir, base := newBigArchive(t)
	seal(t, dir, 3, actions(1, 20, 0))
	core := raw(t, server)
	var n atomic.Int32
	late := between(t, server.URL, func(w http.ResponseWriter, r *http.Request) bool {
		inOne := r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, dayOne)
		atEnd := r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
		if inOne || atEnd {
			n.Add(1)
			key := strings.TrimPrefix(r.URL.Path, "/backups/")
			if _, err := core.PutObject(t.Context(), "backups", key, strings.NewReader("mine"), 4, "", "", minio.PutObjectOptions{}); err != nil {
				t.Error(err)
			}
		}
		return false
	}, nil)
	files, sum, err := push(t, t.Context(), dir, late.URL, nil)
	if err != nil || sum.Files[s3.Differs] != 2 || len(files) != 2 || n.Load() != 2 {
		t.Errorf("%s, %v, %d", states(files), err, n.Load())
	}
	for _, base := range []string{base, dayOne} {
		if got, err := os.ReadFile(server.Path("backups", "a/b/"+base)); err != nil || string(got) != "mine" {
			t.Errorf("%s was replaced by %d bytes, %v", base, len(got), err)
		}
	}
	if got := unfinished(t, server); len(got) > 0 {
		t.Errorf("unfinished are %v", got)
	}
}

// TestArrivedOtherwise holds that a server that has something else than was sent
// is told of.
func TestArrivedOtherwise(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	liar := between(t, server.URL, nil, func(r *http.Response) error {
		if r.Request.Method == http.MethodHead && strings.HasSuffix(r.Request.URL.Path, dayOne) {
			r.Header.Set("X-Amz-Checksum-Sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
		}
		return nil
	})
	_, _, err := push(t, t.Context(), dir, liar.URL, nil)
	if err == nil || !strings.Contains(err.Error(), dayOne+" was put and did not arrive as it is here") || !strings.Contains(err.Error(), "SHA-256 "+strings.Repeat("0", 64)) {
		t.Error(err)
	}
}

// TestVanishes holds that objects that others remove are told of.
func TestVanishes(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	mustPush(t, dir, server.URL, nil)
	gone := between(t, server.URL, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodHead || r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, dayOne) {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	}, nil)
	if _, _, err := pull(t, t.TempDir(), gone.URL, nil); err == nil || !strings.Contains(err.Error(), "was there a moment ago and is gone") {
		t.Error(err)
	}
	if _, _, err := pull(t, dir, gone.URL, nil); err == nil || !strings.Contains(err.Error(), "was there a moment ago and is gone") {
		t.Error(err)
	}
	flip(t, server.Path("backups", "a/b/"+dayOne)) // no longer known by its list
	seal(t, dir, 1, actions(8, 3, 0))
	if _, _, err := push(t, t.Context(), dir, gone.URL, nil); err == nil || !strings.Contains(err.Error(), "it was put there and is not there") {
		t.Error(err)
	}
}
