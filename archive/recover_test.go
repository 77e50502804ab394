package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/archive"
	"actionlog/storage"
)

// TestCrashBetweenSteps begins with what a crash leaves at each step of sealing
// and finds the same, whole archive afterwards.
func TestCrashBetweenSteps(t *testing.T) {
	t.Parallel()
	m := newMaker(day0)
	first, second := m.next(3000), m.next(3000)
	all := append(append([]storage.Action(nil), first...), second...)
	text, half := lines(all), lines(first)
	gz := string(packed(t, text))
	const plain, sealed, draft = "actions-2026-11-20.jsonl", "actions-2026-11-20.jsonl.gz", ".actions-2026-11-20.jsonl.gz.tmp"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
		lines []storage.Action
	}{
		{"not-begun", map[string]string{plain: text}, []string{sealed}, all},
		{"draft-begun", map[string]string{plain: text, draft: gz[:100]}, []string{sealed}, all},
		{"draft-whole", map[string]string{plain: text, draft: gz}, []string{sealed}, all},
		{"linked", map[string]string{plain: text, draft: gz, sealed: gz}, []string{sealed}, all},
		{"named", map[string]string{plain: text, sealed: gz}, []string{sealed}, all},
		{"done", map[string]string{sealed: gz}, []string{sealed}, all},
		{"emptied", map[string]string{plain: "", sealed: gz}, []string{sealed}, all},
		{"draft-alone", map[string]string{draft: gz, sealed: gz}, []string{sealed}, all},
		{"empty", map[string]string{plain: ""}, nil, nil},
		// What no order of our own steps leaves, but a disk or a hand may.
		{"sealed-lacks-lines", map[string]string{plain: text, sealed: string(packed(t, half))}, []string{sealed}, all},
		{"plain-lacks-lines", map[string]string{plain: half, sealed: gz}, []string{sealed}, all},
		{"sealed-cut-off", map[string]string{plain: text, sealed: gz[:len(gz)-9]}, []string{sealed, sealed + ".bad"}, all},
		{"sealed-empty", map[string]string{plain: text, sealed: ""}, []string{sealed, sealed + ".bad"}, all},
		{"sealed-flipped", map[string]string{plain: text, sealed: flip(gz, len(gz)/2)}, []string{sealed, sealed + ".bad"}, all},
		{"sealed-other-text", map[string]string{plain: half, sealed: string(packed(t, lines(second)))}, []string{"actions-2026-11-20.2.jsonl.gz", sealed}, all},
		{"torn", map[string]string{plain: text + text[:100]}, []string{sealed, plain + ".torn"}, all},
		{"only-torn", map[string]string{plain: text[:100]}, []string{plain + ".torn"}, nil},
		{"zeros-at-the-end", map[string]string{plain: text + strings.Repeat("\x00", 5000)}, []string{sealed, plain + ".torn"}, all},
		{"zeros-within", map[string]string{plain: half + strings.Repeat("\x00", 5000) + "\n" + lines(second)}, []string{sealed, plain + ".torn"}, all},
		{"endless-line", map[string]string{plain: half + strings.Repeat("x", 20<<20) + "\n" + lines(second) + "{"}, []string{sealed, plain + ".torn"}, all},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for base, content := range c.files {
				put(t, filepath.Join(dir, base), content)
			}
			synctest.Test(t, func(t *testing.T) {
				w, err := archive.OpenWriter(dir, archive.Options{MaxAge: -1, Now: newClock(day0).now})
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if got := w.Status(); got.SealError != nil {
					t.Error(got.SealError)
				}
				closeWriter(t, w)
			})
			wantNames(t, dir, c.want...)
			wantLines(t, dir, c.lines)
			if got, problems := readAll(t, dir, storage.Query{}); len(got) != len(c.lines) || problems != nil {
				t.Errorf("read %d actions with the problems %v; want %d", len(got), problems, len(c.lines))
			}
		})
	}
}

func flip(s string, at int) string {
	b := []byte(s)
	b[at] ^= 0x10
	return string(b)
}

// TestTornIsKept checks that what is trimmed is in the .torn file, whole and in
// order, and that the day's file is written on behind the last whole line.
func TestTornIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := newMaker(day0)
	one, two, three := m.next(2), m.next(2), m.next(2)
	path := filepath.Join(dir, "actions-2026-11-22.jsonl")
	put(t, path, lines(one), `{"timestamp":"2026`)
	events := newEventLog()
	opts := archive.Options{Now: newClock(day0).now, OnEvent: events.add}
	w := openWriter(t, dir, opts)
	if e := events.wait(t, archive.Trimmed); e.Bytes != 18 || e.File != "actions-2026-11-22.jsonl" {
		t.Errorf("the event is %v", e)
	}
	if got := w.Status(); got.Active != filepath.Base(path) || got.Bytes != int64(len(lines(one))) {
		t.Errorf("the status is %+v", got)
	}
	write(t, w, two)
	closeWriter(t, w)

	put(t, path, lines(one), lines(two), "\x00\x00\x00\n", `{"b`)
	w = openWriter(t, dir, opts)
	write(t, w, three)
	closeWriter(t, w)
	if got, want := string(readText(t, path)), lines(one)+lines(two)+lines(three); got != want {
		t.Errorf("the file has %q; want %q", got, want)
	}
	if got, want := string(readText(t, path+".torn")), "{\"timestamp\":\"2026\n\x00\x00\x00\n{\"b\n"; got != want {
		t.Errorf("the .torn file has %q; want %q", got, want)
	}
	wantNames(t, dir, "actions-2026-11-22.jsonl", "actions-2026-11-22.jsonl.torn")
}

// TestSealedBytes checks a sealed file and its members. TestGzipReaders has other
// programs read one.
func TestSealedBytes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := newMaker(day0)
	w := openWriter(t, dir, archive.Options{Now: newClock(day0).now})
	all := m.next(20_000)
	write(t, w, all)
	rotate(t, w)
	closeWriter(t, w)
	text := lines(all)
	path := filepath.Join(dir, "actions-2026-11-22.jsonl.gz")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, packed(t, text)) {
		t.Error("the same lines did not make the same bytes")
	}
	if got := string(readText(t, path)); got != text {
		t.Error("the standard library reads another text")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the mode %v, %v", info.Mode(), err)
	}

	members, err := archive.Members(b)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(text)/(1<<20) + 1; len(members) != want {
		t.Errorf("%d bytes of text are %d members; want %d", len(text), len(members), want)
	}
	line := 0
	for i, member := range members {
		if got := bytes.Count(member.Text, []byte("\n")); got != member.Lines || !bytes.HasSuffix(member.Text, []byte("\n")) {
			t.Errorf("member %d has %d lines; its header says %d", i, got, member.Lines)
		}
		if len(member.Text) > 1<<20 {
			t.Errorf("member %d has %d bytes of text", i, len(member.Text))
		}
		first, last := all[line].Time, all[line+member.Lines-1].Time
		if !member.From.Equal(first) || !member.To.Equal(last) {
			t.Errorf("the header of member %d says %s to %s; want %s to %s", i, member.From, member.To, first, last)
		}
		line += member.Lines
	}
}

// TestPlantedLinks checks that nothing in the folder leads writer or reader out
// of it.
func TestPlantedLinks(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	m := newMaker(day0)
	dir := t.TempDir()
	for _, base := range []string{
		"actions-2026-11-22.jsonl", "actions-2026-11-20.jsonl", "actions-2026-11-19.jsonl.gz", "actions-2026-11-21.jsonl.torn",
		".actions-2026-11-18.jsonl.gz.tmp", ".actions-2026-11-17.jsonl.tmp",
	} {
		if err := os.Symlink(secret, filepath.Join(dir, base)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "actions-2026-11-16.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	torn, tmp := m.next(2), m.next(2)
	put(t, filepath.Join(dir, "actions-2026-11-21.jsonl"), lines(torn), "{")
	put(t, filepath.Join(dir, "actions-2026-11-18.jsonl"), lines(tmp))
	put(t, secret, "not to be touched")
	active := m.next(3)
	synctest.Test(t, func(t *testing.T) {
		w, err := archive.OpenWriter(dir, archive.Options{Now: newClock(day0).now, MaxBytes: 1})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, active)
		synctest.Wait()
		if got := w.Status(); got.Active != "actions-2026-11-22.2.jsonl" || got.SealError == nil {
			t.Errorf("the status is %+v", got)
		}
		closeWriter(t, w)
	})
	if got := string(readText(t, secret)); got != "not to be touched" {
		t.Errorf("the file outside now has %q", got)
	}
	if got := fileNames(t, outside); len(got) != 1 {
		t.Errorf("the folder outside now has %q", got)
	}
	got, problems := readAll(t, dir, storage.Query{})
	if len(got) != 5 { // the torn ones and the active ones; the third file was sealed and removed for its size
		t.Errorf("read %d actions", len(got))
	}
	if len(problems) == 0 {
		t.Error("the links are no problem")
	}
	for _, err := range problems {
		var corrupt *archive.CorruptError
		if !errors.As(err, &corrupt) || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("the problem is %v", err)
		}
	}
}

// TestPlantedLock checks that a link in the place of a lock is refused.
func TestPlantedLock(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	target := filepath.Join(outside, "made")
	if err := os.Symlink(target, filepath.Join(dir, ".actions.lock")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if _, err := archive.OpenWriter(dir, archive.Options{}); err == nil || !strings.Contains(err.Error(), ".actions.lock") {
		t.Errorf("open: %v", err)
	}
	if exists(t, target) {
		t.Error("a file was made outside")
	}
}

// TestTakenAway removes or moves the active file behind the writer's back: it
// says so, and goes on in a new one.
func TestTakenAway(t *testing.T) {
	for _, how := range []string{"removed", "replaced"} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				events := newEventLog()
				m := newMaker(day0)
				w, err := archive.OpenWriter(dir, archive.Options{Now: newClock(day0).now, OnEvent: events.add})
				if err != nil {
					t.Fatal(err)
				}
				write(t, w, m.next(2))
				path := filepath.Join(dir, w.Status().Active)
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
				if how == "replaced" {
					put(t, path)
				}
				synctest.Wait()
				waitGlance()
				synctest.Wait()
				if e := events.wait(t, archive.Failure); !strings.Contains(e.Err.Error(), how) {
					t.Errorf("the event is %v", e)
				}
				kept := m.next(2)
				write(t, w, kept)
				closeWriter(t, w)
				wantLines(t, dir, kept)
			})
		})
	}
}

// TestStepsInOrder checks the order in which a file is made, sealed and
// removed: no step is begun before the one that it relies on is on the disk.
func TestStepsInOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	faults := &archive.Faults{}
	var mu sync.Mutex
	var calls []string
	record := func(op, base string) error {
		mu.Lock()
		defer mu.Unlock()
		switch op {
		case "write", "fsync", "link", "syncdir", "remove", "open":
			call := op + " " + strings.ReplaceAll(base, "actions-2026-11-22.jsonl", "A")
			if op == "syncdir" {
				call = op
			}
			if len(calls) == 0 || calls[len(calls)-1] != call {
				calls = append(calls, call)
			}
		}
		return nil
	}
	w := openWriter(t, dir, archive.Options{Now: newClock(day0).now, Sync: archive.SyncEveryBatch, MaxAge: -1}.WithFaults(faults))
	faults.SetHook(record)
	write(t, w, varied(rand.New(rand.NewPCG(1, 2)), 5000, day0))
	rotate(t, w)
	closeWriter(t, w)
	want := []string{
		"open A", "syncdir", "write A", "fsync A",
		"remove .A.tmp", "remove .A.gz.tmp", "open A",
		"open .A.gz.tmp", "write .A.gz.tmp", "fsync .A.gz.tmp", "link A.gz", "remove .A.gz.tmp", "syncdir",
		"open A.gz", "remove .A.gz.idx.tmp", "remove A.gz.idx",
		"open .A.gz.idx.tmp", "write .A.gz.idx.tmp", "fsync .A.gz.idx.tmp", "link A.gz.idx", "remove .A.gz.idx.tmp",
		"remove .A.gz.tmp", "remove A", "syncdir", "remove .A.lock",
	}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("the calls were other ones (-want +got):\n%s", diff)
	}
}

// TestEveryTornFileOfToday leaves several files of the day as a crash does: each
// is whole again once the folder has been opened, and none is sealed.
func TestEveryTornFileOfToday(t *testing.T) {
	dir := t.TempDir()
	m := newMaker(day0)
	var all [][]storage.Action
	bases := []string{"actions-2026-11-22.jsonl", "actions-2026-11-22.2.jsonl", "actions-2026-11-22.3.jsonl"}
	for _, base := range bases {
		all = append(all, m.next(2))
		put(t, filepath.Join(dir, base), lines(all[len(all)-1]), `{"timestamp":"20`)
	}
	synctest.Test(t, func(t *testing.T) {
		w, err := archive.OpenWriter(dir, archive.Options{Now: newClock(day0).now})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for _, base := range bases {
			if text := readText(t, filepath.Join(dir, base)); !strings.HasSuffix(string(text), "}\n") {
				t.Errorf("%s ends with %q", base, text[len(text)-20:])
			}
			if torn := filepath.Join(dir, strings.TrimSuffix(base, "jsonl")+"jsonl.torn"); string(readText(t, torn)) != "{\"timestamp\":\"20\n" {
				t.Errorf("%s is not what was torn", torn)
			}
		}
		closeWriter(t, w)
	})
	wantLines(t, dir, all...)
}

// TestRetiredTakenAway removes a file that waits to be sealed: its writer says
// that the lines are gone, once.
func TestRetiredTakenAway(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		unlock, err := archive.LockSealing(dir)
		if err != nil {
			t.Fatal(err)
		}
		events := newEventLog()
		w, err := archive.OpenWriter(dir, archive.Options{OnEvent: events.add})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, newMaker(time.Now()).next(3))
		path := filepath.Join(dir, w.Status().Active)
		rotated := make(chan error)
		go func() { rotated <- w.Rotate(context.Background()) }()
		synctest.Wait()
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		unlock()
		if err := <-rotated; err == nil || !strings.Contains(err.Error(), "another program") {
			t.Errorf("rotate: %v", err)
		}
		if e := events.wait(t, archive.Failure); !strings.Contains(e.Err.Error(), filepath.Base(path)) {
			t.Errorf("the event is %v", e)
		}
		waitGlance()
		synctest.Wait()
		if got := w.Status(); got.SealError != nil || got.Waiting != 0 {
			t.Errorf("the status is %+v", got)
		}
		closeWriter(t, w)
	})
}

// TestRenameKeepsLastCopy makes the removal of a file's old name fail, with and
// without having been done, as over a network: its text stays.
func TestRenameKeepsLastCopy(t *testing.T) {
	for _, removed := range []bool{true, false} {
		t.Run(fmt.Sprintf("removed-%t", removed), func(t *testing.T) {
			dir := t.TempDir()
			m := newMaker(day0)
			one, two := m.next(2), m.next(2)
			plain := filepath.Join(dir, "actions-2026-11-22.jsonl")
			put(t, plain, lines(one))
			put(t, plain+".gz", string(packed(t, lines(two))))
			var once atomic.Bool
			synctest.Test(t, func(t *testing.T) {
				faults := &archive.Faults{}
				faults.SetHook(func(op, base string) error {
					if op != "remove" || base != filepath.Base(plain) || !once.CompareAndSwap(false, true) {
						return nil
					}
					if removed {
						os.Remove(plain)
					}
					return syscall.EIO
				})
				w, err := archive.OpenWriter(dir, archive.Options{MaxAge: -1, Now: newClock(day0.AddDate(0, 0, 1)).now}.WithFaults(faults))
				if err != nil {
					t.Fatal(err)
				}
				waitGlance()
				synctest.Wait()
				closeWriter(t, w)
			})
			if !once.Load() {
				t.Error("nothing was removed")
			}
			wantNames(t, dir, "actions-2026-11-22.2.jsonl.gz", "actions-2026-11-22.jsonl.gz")
			wantLines(t, dir, one, two)
		})
	}
}

// TestPlantedFileLocks puts folders where the locks of files should be: other
// numbers are taken, up to a limit.
func TestPlantedFileLocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		planted int
		fails   bool
	}{{1, false}, {99, false}, {101, true}} {
		t.Run(fmt.Sprint(c.planted), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for i := range c.planted {
				base := ".actions-2026-11-22.jsonl.lock"
				if i > 0 {
					base = fmt.Sprintf(".actions-2026-11-22.%d.jsonl.lock", i+1)
				}
				if err := os.MkdirAll(filepath.Join(dir, base, "x"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			w := openWriter(t, dir, archive.Options{Now: newClock(day0).now})
			err := w.Write(context.Background(), newMaker(day0).next(1))
			if failed := err != nil; failed != c.fails {
				t.Errorf("write: %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), "lock actions-2026-11-22.jsonl:") {
				t.Errorf("the error is not the first: %v", err)
			}
		})
	}
}
