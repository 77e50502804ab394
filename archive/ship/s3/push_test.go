package s3_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"actionlog/archive/internal/s3test"
	"actionlog/archive/ship/s3"

	"github.com/google/go-cmp/cmp"
)

const dayOne, dayTwo = "actions-2026-11-20.jsonl.gz", "actions-2026-11-21.jsonl.gz"

// TestPush holds that all that is sealed arrives, each file before its index, and
// that a second push does nothing.
func TestPush(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	if _, err := os.Stat(filepath.Join(dir, "actions-2026-11-23.jsonl")); err != nil {
		t.Fatal(err) // today's
	}
	files := mustPush(t, dir, server.URL, nil)
	if diff := cmp.Diff(dayOne+": pushed\n"+dayTwo+": pushed\n"+dayTwo+".idx: pushed", states(files)); diff != "" {
		t.Error(diff)
	}
	for _, f := range files {
		if f.Sent != f.Size || f.Size == 0 || f.Err != nil {
			t.Errorf("%+v", f)
		}
	}
	equalObjects(t, server, dir)

	files, sum, err := push(t, t.Context(), dir, server.URL, nil)
	if err != nil || sum.Sent != 0 || sum.Troubled() || !sum.Found() {
		t.Errorf("%+v, %v", sum, err)
	}
	if diff := cmp.Diff(dayOne+": there\n"+dayTwo+": there\n"+dayTwo+".idx: there", states(files)); diff != "" {
		t.Error(diff)
	}
}

// TestPushInParts holds that a large file arrives in parts, and is known again
// also by who would cut it otherwise.
func TestPushInParts(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	dir, base := newBigArchive(t)
	var done, total int64
	files := mustPush(t, dir, server.URL, func(o *s3.Options) {
		o.OnProgress = func(d, of int64) { done, total = d, of }
	})
	if files[0].Name != base || files[0].State != s3.Pushed || files[0].Size < 2*5<<20 {
		t.Fatalf("%+v", files)
	}
	if want := files[0].Size + files[1].Size; done != want || total != want {
		t.Errorf("progress ends at %d of %d, not of %d", done, total, want)
	}
	equalObjects(t, server, dir)
	for _, size := range []int64{5 << 20, 6 << 20, 1 << 30} {
		files := mustPush(t, dir, server.URL, func(o *s3.Options) { o.PartSize = size })
		if files[0].State != s3.There || files[1].State != s3.There {
			t.Errorf("parts of %d: %s", size, states(files))
		}
	}
}

// TestDiffers holds that nothing is replaced, that both sides are named, and that
// the rest is pushed all the same.
func TestDiffers(t *testing.T) {
	t.Parallel()
	server, dir, other := newServer(t), newArchive(t), t.TempDir()
	seal(t, other, 2, actions(9, 100, 4)) // of the same name as the second day
	mustPush(t, other, server.URL, nil)
	before, err := os.ReadFile(server.Path("backups", "a/b/"+dayTwo))
	if err != nil {
		t.Fatal(err)
	}
	files, sum, err := push(t, t.Context(), dir, server.URL, nil)
	if err != nil || !sum.Troubled() {
		t.Errorf("%+v, %v", sum, err)
	}
	if diff := cmp.Diff(dayOne+": pushed\n"+dayTwo+": differs", states(files)); diff != "" {
		t.Error(diff)
	}
	here, _ := os.ReadFile(filepath.Join(dir, dayTwo))
	for _, want := range []string{
		"s3://backups/a/b/" + dayTwo, filepath.Join(dir, dayTwo), "both are left as they are",
		fmt.Sprintf("there %d bytes, SHA-256 %x", len(before), sha256.Sum256(before)),
		fmt.Sprintf("here %d bytes, SHA-256 %x", len(here), sha256.Sum256(here)),
	} {
		if text := fmt.Sprint(files[1].Err); !strings.Contains(text, want) {
			t.Errorf("%s does not say %s", text, want)
		}
	}
	after, err := os.ReadFile(server.Path("backups", "a/b/"+dayTwo))
	if err != nil || string(after) != string(before) {
		t.Errorf("the object was replaced, or %v", err)
	}
}

// TestDamaged holds that a damaged file is named and not sent, and that a
// damaged index does not keep its file back.
func TestDamaged(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	flip(t, filepath.Join(dir, dayOne))
	flip(t, filepath.Join(dir, dayTwo+".idx"))
	files, sum, err := push(t, t.Context(), dir, server.URL, nil)
	if err != nil || !sum.Troubled() {
		t.Errorf("%+v, %v", sum, err)
	}
	if diff := cmp.Diff(dayOne+": damaged\n"+dayTwo+": pushed\n"+dayTwo+".idx: damaged", states(files)); diff != "" {
		t.Error(diff)
	}
	if text := fmt.Sprint(files[0].Err); !strings.Contains(text, dayOne+", byte ") {
		t.Errorf("%s does not name the place", text)
	}
	if text := fmt.Sprint(files[2].Err); !strings.Contains(text, "actionlog index makes it anew") {
		t.Errorf("%s does not say what to do", text)
	}
	if got := sealedIn(t, server.Path("backups", "a/b")); len(got) != 1 || got[0] != dayTwo {
		t.Errorf("there are %v", got)
	}
}

// TestNothing holds that of a folder without sealed files nothing is asked.
func TestNothing(t *testing.T) {
	t.Parallel()
	active := t.TempDir()
	write(t, active, actions(1, 3, 0))
	for _, dir := range []string{t.TempDir(), active} {
		files, sum, err := push(t, t.Context(), dir, "http://127.0.0.1:1", nil)
		if err != nil || sum.Found() || len(files) > 0 {
			t.Errorf("%+v, %v", sum, err)
		}
	}
	if _, _, err := push(t, t.Context(), filepath.Join(active, "none"), "http://127.0.0.1:1", nil); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestBeingSealed holds that a sealed file whose plain one is there is not
// pushed, as it may be taken back.
func TestBeingSealed(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	plain := filepath.Join(dir, strings.TrimSuffix(dayTwo, ".gz"))
	if err := os.WriteFile(plain, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := states(mustPush(t, dir, server.URL, nil)); got != dayOne+": pushed" {
		t.Error(got)
	}
	if err := os.Remove(plain); err != nil {
		t.Fatal(err)
	}
	mustPush(t, dir, server.URL, nil)
	equalObjects(t, server, dir)
}

// TestDryRun holds that nothing is changed, and that damage is told.
func TestDryRun(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	flip(t, filepath.Join(dir, dayOne))
	files := mustPush(t, dir, server.URL, func(o *s3.Options) { o.DryRun = true })
	if diff := cmp.Diff(dayOne+": damaged\n"+dayTwo+": to be pushed\n"+dayTwo+".idx: to be pushed", states(files)); diff != "" {
		t.Error(diff)
	}
	if got := sealedIn(t, server.Path("backups", "a/b")); len(got) > 0 {
		t.Errorf("there are %v", got)
	}
}

// TestAtOnce holds that several pushes of one folder at the same time all
// succeed, and leave what one leaves.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	dir, _ := newBigArchive(t)
	seal(t, dir, 3, actions(1, 20, 0))
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			b, err := s3.Open("s3://backups/a/b", s3.Options{Endpoint: server.URL, Getenv: server.Getenv, PartSize: 5 << 20})
			if err != nil {
				t.Error(err)
				return
			}
			defer b.Close()
			if sum, err := b.Push(t.Context(), dir); err != nil || sum.Troubled() {
				t.Errorf("%+v, %v", sum, err)
			}
		})
	}
	wg.Wait()
	equalObjects(t, server, dir)
	_, sum, err := push(t, t.Context(), dir, server.URL, nil)
	if err != nil || sum.Sent != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestRefused holds that what cannot be is said in a sentence, without secrets.
func TestRefused(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	env := func(id, secret string) func(string) string {
		return func(name string) string {
			return map[string]string{"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret}[name]
		}
	}
	for name, c := range map[string]struct {
		place string
		env   func(string) string
		says  string
	}{
		"wrong-secret": {"s3://backups", env(s3test.AccessKey, "a-wrong-secret"), "403 SignatureDoesNotMatch"},
		"wrong-key":    {"s3://backups", env("who-is-that", "a-wrong-secret"), "the access key is not known there"},
		"no-bucket":    {"s3://elsewhere/x", server.Getenv, "there is no such bucket"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := s3.Open(c.place, s3.Options{Endpoint: server.URL, Getenv: c.env})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			_, err = b.Push(t.Context(), dir)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.place) {
				t.Errorf("%v does not say %s", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "a-wrong-secret") {
				t.Errorf("%v has the secret", err)
			}
			if _, err := b.Pull(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("pull: %v does not say %s", err, c.says)
			}
		})
	}
}
