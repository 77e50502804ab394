package s3_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/ship/s3"

	"github.com/google/go-cmp/cmp"
)

// pull pulls and returns what became of the files.
func pull(t testing.TB, dir, endpoint string, change func(*s3.Options)) ([]s3.File, s3.Sum, error) {
	t.Helper()
	var files []s3.File
	b := open(t, endpoint, func(o *s3.Options) {
		o.OnFile = func(f s3.File) { files = append(files, f) }
		if change != nil {
			change(o)
		}
	})
	sum, err := b.Pull(t.Context(), dir)
	return files, sum, err
}

// TestPull holds that what was pushed comes back byte for byte, that it is a
// sound archive, and that a second pull does nothing.
func TestPull(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	dir, _ := newBigArchive(t)
	seal(t, dir, 3, actions(1, 20, 0))
	seal(t, dir, 2, actions(2, 200, 4))
	write(t, dir, actions(3, 5, 0))
	mustPush(t, dir, server.URL, nil)
	back := filepath.Join(t.TempDir(), "back")
	if files, sum, err := pull(t, back, server.URL, func(o *s3.Options) { o.DryRun = true }); err != nil || sum.Files[s3.Missing] != 5 || len(files) != 5 {
		t.Errorf("%v, %+v, %v", files, sum, err)
	}
	if _, err := os.Stat(back); !os.IsNotExist(err) {
		t.Errorf("a dry run makes %v", err)
	}
	files, sum, err := pull(t, back, server.URL, nil)
	if err != nil || sum.Files[s3.Pulled] != 5 || sum.Sent == 0 {
		t.Errorf("%v, %+v, %v", files, sum, err)
	}
	equalObjects(t, server, back)
	a, err := archive.Open(back)
	if err != nil {
		t.Fatal(err)
	}
	v, err := a.Verify(t.Context(), func(f archive.Finding) { t.Errorf("%+v", f) })
	if err != nil || v.Files != 3 || v.Lines != 3920 || v.Indexes != 2 {
		t.Errorf("%+v, %v", v, err)
	}
	if files, sum, err := pull(t, back, server.URL, nil); err != nil || sum.Files[s3.There] != 5 || sum.Sent != 0 {
		t.Errorf("%v, %+v, %v", files, sum, err)
	}
	entries, _ := os.ReadDir(back)
	if len(entries) != 5 {
		t.Errorf("left are %v", entries)
	}
}

// TestPullDiffers holds that a file that is here is never replaced.
func TestPullDiffers(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	mustPush(t, dir, server.URL, nil)
	flip(t, filepath.Join(dir, dayOne))
	before, _ := os.ReadFile(filepath.Join(dir, dayOne))
	files, sum, err := pull(t, dir, server.URL, nil)
	if err != nil || !sum.Troubled() {
		t.Errorf("%+v, %v", sum, err)
	}
	if diff := cmp.Diff(dayOne+": differs\n"+dayTwo+": there\n"+dayTwo+".idx: there", states(files)); diff != "" {
		t.Error(diff)
	}
	if after, _ := os.ReadFile(filepath.Join(dir, dayOne)); string(after) != string(before) {
		t.Error("it was replaced")
	}
}

// TestPullDamaged holds that what changes on its way, or there, gets no name.
func TestPullDamaged(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	mustPush(t, dir, server.URL, nil)
	flip(t, server.Path("backups", "a/b/"+dayOne)) // the server's checksum is the old one
	back := t.TempDir()
	_, _, err := pull(t, back, server.URL, nil)
	if err == nil || !strings.Contains(err.Error(), "did not arrive as it is there") {
		t.Errorf("%v", err)
	}
	mute := between(t, server.URL, nil, func(r *http.Response) error {
		r.Header.Del("X-Amz-Checksum-Sha256")
		r.Header.Set("Etag", `"0123456789abcdef0123456789abcdef"`)
		return nil
	})
	_, _, err = pull(t, back, mute.URL, nil)
	if err == nil || !strings.Contains(err.Error(), dayOne) || !strings.Contains(err.Error(), "is damaged there, or was on the way") {
		t.Errorf("%v", err)
	}
	if entries, _ := os.ReadDir(back); len(entries) > 0 {
		t.Errorf("left are %v", entries)
	}
}

// TestPullCut holds that an answer that breaks off is asked for again.
func TestPullCut(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	mustPush(t, dir, server.URL, nil)
	var n atomic.Int32
	cut := between(t, server.URL, nil, func(r *http.Response) error {
		if r.Request.Method == http.MethodGet && strings.HasSuffix(r.Request.URL.Path, ".gz") && n.Add(1)%2 == 1 {
			r.Body = &short{r.Body}
		}
		return nil
	})
	if _, sum, err := pull(t, filepath.Join(t.TempDir(), "x"), cut.URL, nil); err != nil || sum.Files[s3.Pulled] != 3 {
		t.Errorf("%+v, %v", sum, err)
	}
	if n.Load() != 4 {
		t.Errorf("%d requests", n.Load())
	}
}

// TestPullNothing holds that an empty place makes no folder.
func TestPullNothing(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	back := filepath.Join(t.TempDir(), "back")
	if _, sum, err := pull(t, back, server.URL, nil); err != nil || sum.Found() {
		t.Errorf("%+v, %v", sum, err)
	}
	if _, err := os.Stat(back); !os.IsNotExist(err) {
		t.Errorf("it makes %v", err)
	}
}

// TestWatch holds that what is sealed later is pushed, after an error too, and
// that an error of the first push ends it.
func TestWatch(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	var down atomic.Bool
	door := between(t, server.URL, func(w http.ResponseWriter, _ *http.Request) bool {
		if down.Load() {
			fail(w, http.StatusForbidden, "AccessDenied")
		}
		return down.Load()
	}, nil)
	b := open(t, door.URL, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	step := 0
	err := b.Watch(ctx, dir, 10*time.Millisecond, func(sum s3.Sum, err error) error {
		switch step++; {
		case step == 1:
			if err != nil || sum.Files[s3.Pushed] != 3 {
				t.Errorf("%+v, %v", sum, err)
			}
			down.Store(true)
			seal(t, dir, 1, actions(5, 10, 0))
		case step == 2:
			if err == nil {
				t.Errorf("no error: %+v", sum)
			}
			down.Store(false)
		case sum.Files[s3.Pushed] == 2 && sum.Files[s3.There] == 3: // the day that was written to is over, too
			cancel()
		case step > 20:
			t.Errorf("%+v, %v", sum, err)
			cancel()
		}
		return nil
	})
	if err != context.Canceled {
		t.Error(err)
	}
	equalObjects(t, server, dir)
	down.Store(true)
	if err := b.Watch(t.Context(), dir, time.Millisecond, nil); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("%v", err)
	}
	if err := b.Watch(t.Context(), filepath.Join(dir, "none"), time.Millisecond, nil); err == nil {
		t.Error("a folder that is not there is watched")
	}
}
