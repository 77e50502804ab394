package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/sqlite"

	"github.com/google/go-cmp/cmp"
)

func TestReopen(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	process := storage.NewProcess(noon)
	list := some(&process, noon, 100)
	s := open(t, path, sqlite.Options{MaxAge: -1})
	write(t, s, list)
	before := search(t, s, storage.Query{})
	closeStore(t, s)
	s = open(t, path, sqlite.Options{MaxAge: -1})
	if diff := cmp.Diff(before, search(t, s, storage.Query{})); diff != "" {
		t.Errorf("after it was opened again (-before +after):\n%s", diff)
	}
	if n := total(t, s, storage.Query{}); n != len(list) {
		t.Errorf("%d actions, want %d", n, len(list))
	}
}

func TestWriteAgain(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	process := storage.NewProcess(noon)
	list := some(&process, noon, 50)
	write(t, s, list[:30])
	write(t, s, list[:30])
	write(t, s, list[10:])
	write(t, s, append(list[45:50:50], list[45:]...))
	write(t, s, nil)
	if n := total(t, s, storage.Query{}); n != 50 {
		t.Errorf("%d actions, want 50", n)
	}
	if n := total(t, s, storage.Query{Status: storage.Failed}); n != 12 {
		t.Errorf("%d failures, want 12", n)
	}
	twins := []storage.Action{{Time: noon, Service: "s", Action: "a"}, {Time: noon, Service: "s", Action: "a"}}
	write(t, s, twins)
	if n := total(t, s, storage.Query{Services: []string{"s"}}); n != 2 {
		t.Errorf("of two actions without an id there are %d", n)
	}
	if twins[0].ID != "" {
		t.Error("the batch was changed")
	}
}

func TestWriteAllOrNothing(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	process := storage.NewProcess(noon)
	list := some(&process, noon, 100)
	run(t, s.Path(), "CREATE TRIGGER no BEFORE INSERT ON action_logs WHEN new.duration = 80 BEGIN SELECT RAISE(ABORT, 'not this one'); END")
	err := s.Write(t.Context(), list)
	if err == nil || !strings.Contains(err.Error(), "not this one") || !strings.Contains(err.Error(), s.Path()) {
		t.Errorf("got the error %v, want one that says what happened to which file", err)
	}
	if n := total(t, s, storage.Query{}); n != 0 {
		t.Errorf("%d actions were kept", n)
	}
	run(t, s.Path(), "DROP TRIGGER no")
	write(t, s, list)
	if n := total(t, s, storage.Query{}); n != 100 {
		t.Errorf("%d actions, want 100", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Write(ctx, list); !errors.Is(err, context.Canceled) {
		t.Errorf("a write whose context is cancelled: got the error %v", err)
	}
}

func TestClear(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	process := storage.NewProcess(noon)
	list := some(&process, noon, 100)
	flushes := 0
	opts := sqlite.Options{MaxAge: -1, Flush: func(context.Context) error { flushes++; return nil }}
	s := open(t, path, opts)
	write(t, s, list[:50])
	if err := s.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if flushes != 1 {
		t.Errorf("a clear flushed %d times, want once", flushes)
	}
	for range 2 {
		if n := total(t, s, storage.Query{}); n != 0 {
			t.Errorf("%d actions after a clear", n)
		}
		closeStore(t, s)
		s = open(t, path, opts)
	}
	write(t, s, list) // 50 of them are there, before the line
	earlier := storage.NewProcess(noon.Add(1))
	write(t, s, some(&earlier, noon.Add(-24*time.Hour), 5))
	for _, want := range []struct {
		n int
		q storage.Query
	}{{55, storage.Query{}}, {5, storage.Query{To: noon}}, {50, storage.Query{From: noon}}, {14, storage.Query{Status: storage.Failed}}, {0, storage.Query{ID: list[0].ID}}} {
		if n := total(t, s, want.q); n != want.n {
			t.Errorf("%v: %d actions after a clear, want %d", want.q.Values(), n, want.n)
		}
	}
	st, err := s.Stats(t.Context(), storage.Query{Status: storage.Failed})
	if err != nil || st.Lifetime != (storage.Counts{Total: 55, Failed: 14}) || time.Since(st.Since) > time.Minute {
		t.Errorf("stats say %+v since %v, %v", st.Lifetime, st.Since, err)
	}
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := total(t, s, storage.Query{}); n != 55 {
		t.Errorf("%d actions after a clear and a tidying, want 55", n)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	now := setClock(noon)
	opts := sqlite.Options{MaxAge: 10 * 24 * time.Hour, House: time.Hour, Now: now.read}
	s := open(t, path, opts)
	process := storage.NewProcess(noon)
	list := some(&process, noon.Add(-20*time.Hour), 20_000) // five and a half hours of a day
	write(t, s, list)
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := total(t, s, storage.Query{}); n != len(list) {
		t.Fatalf("%d actions, want all %d", n, len(list))
	}
	size := fileSize(t, path, s)
	now.set(noon.Add(9*24*time.Hour + 7*time.Hour + 10*time.Minute)) // 3 hours and 10 minutes are too old; whole hours go
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	from := noon.Add(-17 * time.Hour)
	for i, q := range []storage.Query{{}, {From: from}, {From: from.Add(-time.Hour)}, {Status: storage.Success}} {
		want := len(list) - 3*3600
		if i == 3 {
			want = want * 3 / 4
		}
		if n := total(t, s, q); n != want {
			t.Errorf("%v: %d actions, want %d", q.Values(), n, want)
		}
	}
	if n := one(t, path, "SELECT count(*) FROM action_logs"); n != "9200" {
		t.Errorf("%s rows are left, want 9200", n)
	}
	if after := fileSize(t, path, s); after > size*2/3 {
		t.Errorf("the file has %d bytes of %d before; nothing was given back", after, size)
	}
	if since, err := s.Since(t.Context()); err != nil || !since.Equal(noon) {
		t.Errorf("Since is %v, %v; want %v when the store was made", since, err, noon)
	}
	if n := one(t, path, "SELECT count(*) FROM action_rollups WHERE (key >> 30) & 3 = 0"); n != "154" { // of 9200 s
		t.Errorf("%s roll-ups of minutes are left, want 154", n)
	}
	now.set(noon.Add(30 * 24 * time.Hour))
	write(t, s, []storage.Action{{Time: noon, Service: "late", Action: "a"}})
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := total(t, s, storage.Query{}); n != 0 {
		t.Errorf("%d actions are left", n)
	}
	write(t, s, []storage.Action{{Time: noon, Service: "late", Action: "a"}, {Time: now.read(), Service: "new", Action: "a"}})
	if n := total(t, s, storage.Query{}); n != 1 {
		t.Errorf("%d actions, want the one that is not too old", n)
	}
	if since, err := s.Since(t.Context()); err != nil || !since.Equal(noon.Add(20*24*time.Hour)) {
		t.Errorf("Since is %v, %v; want what is kept from", since, err)
	}
}

// fileSize is the size of the file once the log is folded into it.
func fileSize(t *testing.T, path string, s *sqlite.Store) int64 {
	t.Helper()
	run(t, path, "PRAGMA wal_checkpoint(TRUNCATE)")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestFlushBeforeReading(t *testing.T) {
	t.Parallel()
	var s *sqlite.Store
	process := storage.NewProcess(noon)
	waiting := some(&process, noon, 10)
	s = open(t, newPath(t), sqlite.Options{MaxAge: -1, Flush: func(ctx context.Context) error {
		defer func() { waiting = nil }()
		return s.Write(ctx, waiting)
	}})
	if n := len(search(t, s, storage.Query{})); n != 10 {
		t.Errorf("%d actions, want the 10 that were waiting", n)
	}
	slow := open(t, newPath(t), sqlite.Options{MaxAge: -1, Patience: time.Millisecond, Flush: func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	write(t, slow, some(&process, noon, 3))
	if n := len(search(t, slow, storage.Query{})); n != 3 {
		t.Errorf("%d actions although nothing more could be written, want the 3 that were", n)
	}
	broken := open(t, newPath(t), sqlite.Options{Flush: func(context.Context) error { return errors.New("no way") }})
	if _, err := broken.Search(t.Context(), storage.Query{}); err == nil || !strings.Contains(err.Error(), "no way") {
		t.Errorf("got the error %v, want the one of the flush", err)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	if _, err := sqlite.Open(path, sqlite.Options{ReadOnly: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: got the error %v", err)
	}
	run(t, path, seedDDL)
	if _, err := sqlite.Open(path, sqlite.Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "its schema is 1; read-only needs 5") {
		t.Errorf("a database of the first schema: got the error %v", err)
	}
	s := open(t, path, sqlite.Options{MaxAge: -1})
	process := storage.NewProcess(noon)
	write(t, s, some(&process, noon, 10))
	reader := open(t, path, sqlite.Options{ReadOnly: true})
	if n := total(t, reader, storage.Query{}); n != 10 {
		t.Errorf("%d actions, want 10", n)
	}
	more := storage.NewProcess(noon)
	write(t, s, some(&more, noon, 5))
	if n := total(t, reader, storage.Query{}); n != 15 {
		t.Errorf("%d actions, want 15", n)
	}
	for what, err := range map[string]error{"write": reader.Write(t.Context(), some(&more, noon, 1)), "clear": reader.Clear(t.Context()), "tidy": reader.Tidy(t.Context())} {
		if err == nil || !strings.Contains(err.Error(), "read-only") {
			t.Errorf("%s: got the error %v, want one that says read-only", what, err)
		}
	}
}

// TestOwnerAlone looks at who may read the files.
func TestOwnerAlone(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	process := storage.NewProcess(noon)
	write(t, s, some(&process, noon, 1))
	files, err := filepath.Glob(s.Path() + "*")
	if err != nil || len(files) != 3 {
		t.Fatalf("the files are %v, %v; want the database, its log and its index", files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s has the mode %v, %v; want 0600", file, info.Mode(), err)
		}
	}
}

// TestOddNames opens files whose names look like something else.
func TestOddNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.sqlite?mode=memory&x=%41#y", "file:a b.sqlite", ":memory:", "100%.sqlite", "it's \"ours\"; DROP TABLE x", "ü\n.sqlite"} {
		path := filepath.Join(t.TempDir(), name)
		s := open(t, path, sqlite.Options{MaxAge: -1})
		process := storage.NewProcess(noon)
		write(t, s, some(&process, noon, 1))
		closeStore(t, s)
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%q: the file is not there, %v", name, err)
		}
		s = open(t, path, sqlite.Options{ReadOnly: true})
		if n := total(t, s, storage.Query{}); n != 1 {
			t.Errorf("%q: %d actions, want 1", name, n)
		}
	}
	if _, err := sqlite.Open(filepath.Join(t.TempDir(), "a\x00b"), sqlite.Options{}); err == nil {
		t.Error("a name with a zero byte was taken")
	}
}

// TestClockAhead sets the clock far ahead for a while: what is recorded later
// counts.
func TestClockAhead(t *testing.T) {
	t.Parallel()
	now := setClock(noon)
	s := open(t, newPath(t), sqlite.Options{House: time.Hour, Now: now.read})
	process := storage.NewProcess(noon)
	list := some(&process, noon, 30)
	write(t, s, list[:10])
	now.set(noon.AddDate(1, 0, 0))
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	now.set(noon.Add(time.Minute))
	write(t, s, list[10:20])
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, s, list[20:])
	if n := total(t, s, storage.Query{}); n != 10 {
		t.Errorf("%d actions are found, want the 10 that were recorded after the clock was set right", n)
	}
	since, err := s.Since(t.Context())
	if err != nil || !since.Equal(now.read()) {
		t.Errorf("it holds everything since %v, %v; want %v", since, err, now.read())
	}
	if cleared, err := s.Cleared(t.Context()); err != nil || !cleared.IsZero() {
		t.Errorf("it says that it was cleared at %v, %v", cleared, err)
	}
}
