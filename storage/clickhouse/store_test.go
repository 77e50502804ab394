package clickhouse_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/clickhouse"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC)

// some makes n actions, a second apart, of which every fourth failed.
func some(process *storage.Process, begin time.Time, n int) []storage.Action {
	list := make([]storage.Action, n)
	for i := range list {
		list[i] = storage.Action{
			Time: begin.Add(time.Duration(i) * time.Second), Service: "CaseService", Action: fmt.Sprint("action", i%3), Status: storage.Success,
			Duration: time.Duration(i+1) * time.Millisecond, ID: process.ID(uint64(i + 1)),
		}
		if i%4 == 3 {
			list[i].Status, list[i].Error = storage.Failed, fmt.Sprint("error ", i)
		}
	}
	return list
}

func newProcess() *storage.Process {
	p := storage.NewProcess(noon)
	return &p
}

func write(t testing.TB, s storage.Sink, list []storage.Action) {
	t.Helper()
	if err := s.Write(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func tidy(t testing.TB, s *clickhouse.Store) {
	t.Helper()
	if err := s.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// total returns how many actions match by search, by stats and by series, which
// must agree.
func total(t testing.TB, s *clickhouse.Store, q storage.Query) int {
	t.Helper()
	q.Limit = storage.NoLimit
	page, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	n := len(page.Actions)
	ids := map[storage.ID]bool{}
	for i := range page.Actions {
		ids[page.Actions[i].ID] = true
	}
	if len(ids) != n {
		t.Errorf("a search finds %d actions with %d ids", n, len(ids))
	}
	st, err := s.Stats(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	points, err := s.Series(t.Context(), q, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for i := range points {
		sum += points[i].Total
	}
	if st.Total != int64(n) || sum != int64(n) {
		t.Fatalf("of %v a search finds %d actions, stats count %d and a series %d", q.Values(), n, st.Total, sum)
	}
	return n
}

func want(t testing.TB, s *clickhouse.Store, n int) {
	t.Helper()
	if got := total(t, s, storage.Query{}); got != n {
		t.Fatalf("there are %d actions, want %d", got, n)
	}
}

// TestRepeats counts by id, whatever was inserted how often and whatever had been
// rolled up before.
func TestRepeats(t *testing.T) {
	t.Parallel()
	s, srv, database := openNew(t)
	p := newProcess()
	list := some(p, noon, 4000) // more than an hour
	write(t, s, list)
	want(t, s, 4000)
	tidy(t, s)
	want(t, s, 4000)
	if n := srv.one(t, "SELECT uniq(step) FROM "+database+".action_logs_rollups"); n != "4" {
		t.Errorf("roll-ups have %s steps, want minutes and hours, by names and without", n)
	}
	insert := func(list []storage.Action) {
		t.Helper()
		if err := s.Insert(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	insert(list[1000:1500]) // a batch cut otherwise, after its hour was rolled up
	want(t, s, 4000)
	tidy(t, s)
	want(t, s, 4000)
	insert(list)
	insert(list[:10])
	tidy(t, s)
	insert(list[:10])
	want(t, s, 4000)
	if n := srv.one(t, "SELECT count() FROM "+database+".action_logs"); n == "4000" {
		t.Log("the server had merged the repeats before they could be read")
	}
	tidy(t, s)
	srv.run(t, "OPTIMIZE TABLE "+database+".action_logs FINAL")
	want(t, s, 4000)
	if n := srv.one(t, "SELECT count() FROM "+database+".action_logs"); n != "4000" {
		t.Errorf("after a merge there are %s rows, want 4000", n)
	}
}

// TestLate counts what comes to an hour that was rolled up long ago.
func TestLate(t *testing.T) {
	t.Parallel()
	s, _, _ := openNew(t)
	p := newProcess()
	list := some(p, noon, 8000)
	write(t, s, list[:3000])
	write(t, s, list[5000:])
	tidy(t, s)
	want(t, s, 6000)
	write(t, s, list[3000:5000])
	want(t, s, 8000)
	tidy(t, s)
	want(t, s, 8000)
	for _, q := range []storage.Query{
		{From: noon.Add(90 * time.Second)}, {To: noon.Add(3601 * time.Second)}, {From: noon.Add(59 * time.Second), To: noon.Add(61 * time.Second)},
		{From: noon.Add(time.Second), To: noon.Add(2 * time.Second)}, {From: noon.Add(time.Hour), To: noon.Add(2 * time.Hour)},
		{From: noon.Add(30 * time.Minute), To: noon.Add(2*time.Hour + 1), Status: storage.Failed}, {From: noon, To: noon.Add(time.Hour), Actions: []string{"action1"}},
		{From: noon.Add(time.Minute), To: noon.Add(2 * time.Minute), Status: storage.Success},
	} {
		total(t, s, q)
	}
}

// TestRetryLeavesOutWhatIsThere writes as a process does that began after another
// had ended in the middle.
func TestRetryLeavesOutWhatIsThere(t *testing.T) {
	t.Parallel()
	s, srv, database := openNew(t)
	list := some(newProcess(), noon, 5000)
	write(t, s, list[:3000])
	again := open(t, srv.dsn(database), quiet())
	write(t, again, list)
	if n := srv.one(t, "SELECT count() FROM "+database+".action_logs"); n != "5000" {
		t.Errorf("there are %s rows, want 5000", n)
	}
	want(t, again, 5000)
}

func TestInstances(t *testing.T) {
	t.Parallel()
	srv := single(t)
	database := newDatabase(t, srv)
	opts := quiet()
	opts.Instance = "eu-1"
	one := open(t, srv.dsn(database), opts)
	opts.Instance = "eu-2"
	two := open(t, srv.dsn(database), opts)
	list := some(newProcess(), noon, 10)
	list[0].Instance = "elsewhere"
	write(t, one, list[:5])
	write(t, two, list[5:])
	for name, n := range map[string]int{"": 10, "eu-1": 4, "eu-2": 5, "elsewhere": 1} {
		for _, s := range []*clickhouse.Store{one, two} {
			if got := total(t, s, storage.Query{Instance: name}); got != n {
				t.Errorf("of the instance %q there are %d actions, want %d", name, got, n)
			}
		}
	}
	if err := one.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, two, 0)
	at, err := two.Cleared(t.Context())
	if err != nil || time.Since(at) > time.Minute {
		t.Errorf("cleared %v, %v; want just now", at, err)
	}
	slow := quiet()
	slow.Now = func() time.Time { return time.Now().Add(-time.Hour) } // a clock that is behind
	behind := open(t, srv.dsn(database), slow)
	more := some(newProcess(), noon.Add(time.Hour), 7)
	write(t, behind, more)
	want(t, one, 7)
	since, err := one.Since(t.Context())
	if err != nil || !since.Equal(at) {
		t.Errorf("the counting began %v, %v; want at the clear, %v", since, err, at)
	}
}

// TestFollowInstances follows two that write at the same time, one of them with
// lesser ids and a clock that is behind, and one of which repeats a batch.
func TestFollowInstances(t *testing.T) {
	t.Parallel()
	srv := single(t)
	database := newDatabase(t, srv)
	first := open(t, srv.dsn(database), quiet())
	opts := quiet()
	opts.Now = func() time.Time { return time.Now().Add(-3 * time.Second) }
	second := open(t, srv.dsn(database), opts)
	old, young := storage.NewProcess(noon.Add(-time.Hour)), storage.NewProcess(noon)
	a, b := some(&young, noon, 30), some(&old, noon, 30)
	write(t, first, a[:10])
	cur := first.Follow(first.Newest())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	seen := map[storage.ID]int{}
	read := func(n int) {
		t.Helper()
		buf := make([]storage.Action, 7)
		for len(seen) < n {
			k, missed, err := cur.Next(ctx, buf)
			if err != nil || missed != 0 {
				t.Fatalf("after %d: missed %d, %v", len(seen), missed, err)
			}
			for _, a := range buf[:k] {
				seen[a.ID]++
			}
		}
	}
	write(t, first, a[10:20])
	read(10)
	write(t, second, b) // lesser ids, and stamped before what was read
	read(40)
	if err := first.Insert(t.Context(), a[5:20]); err != nil {
		t.Fatal(err)
	}
	write(t, first, a[20:])
	read(50)
	short, stop := context.WithTimeout(ctx, 200*time.Millisecond)
	defer stop()
	if n, _, err := cur.Next(short, make([]storage.Action, 5)); n != 0 || err == nil {
		t.Errorf("%d more came, %v", n, err)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}

// wantError opens a store that must be refused with texts in the error, and
// without the password.
func wantError(t *testing.T, dsn string, opts clickhouse.Options, texts ...string) {
	t.Helper()
	s, err := clickhouse.Open(t.Context(), dsn, opts)
	if err == nil {
		s.Close()
		t.Errorf("was not refused; want an error with %q", texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error is %q, want %q in it", err, text)
		}
	}
	for _, secret := range []string{"s3cret", "p:a", "hunt", "er2", "4711"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error %q has a part of the password", err)
		}
	}
}

func TestRefusedDSN(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, dsn, want string }{
		{"empty", "", "cannot be read"},
		{"no-scheme", "127.0.0.1:9000", "cannot be read"},
		{"no-host", "clickhouse://", "cannot be read"},
		{"other-scheme", "mysql://me:hunter2@127.0.0.1/x", "cannot be read"},
		{"http", "http://me:hunter2@127.0.0.1:8123/x", "scheme http"},
		{"hash-in-password", "clickhouse://me:hunt#er2@127.0.0.1:9000/x", "cannot be read"},
		{"slash-in-password", "clickhouse://me:hunt/er2@127.0.0.1:9000/x", "cannot be read"},
		{"percent-in-password", "clickhouse://me:hunter2%zz@127.0.0.1:9000/x", "cannot be read"},
		{"hash-in-digits", "clickhouse://me:4711#hunter2@127.0.0.1:9000/x", "cannot be read"},
		{"slash-in-digits", "clickhouse://me:4711/hunter2@127.0.0.1:9000/x", "cannot be read"},
		{"question-in-digits", "clickhouse://me:4711?hunter2@127.0.0.1:9000/x", "cannot be read"},
		{"bad-parameter", "clickhouse://me:hunter2@127.0.0.1:9000/x?dial_timeout=hunter2", "cannot be read"},
		{"bad-database", "clickhouse://me:hunter2@127.0.0.1:9000/a-b", `the database "a-b" is not a name`},
		{"two-servers", "clickhouse://me:hunter2@127.0.0.1:1,127.0.0.1:2/x", "names 2 servers"},
		{"unsafe-setting", "clickhouse://me:hunter2@127.0.0.1:1/x?wait_for_async_insert=0", "wait_for_async_insert"},
		{"unreachable", fmt.Sprintf("clickhouse://me:hunter2@127.0.0.1:%d/x", freePort(t)), "cannot be reached"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			wantError(t, test.dsn, quiet(), test.want)
		})
	}
	opts := quiet()
	opts.Table = "x; DROP TABLE y"
	wantError(t, "clickhouse://127.0.0.1/x", opts, "is not a name")
}

func TestRefusedServer(t *testing.T) {
	t.Parallel()
	srv := single(t)
	database := newDatabase(t, srv)
	wrong := fmt.Sprintf("clickhouse://%s:hunter2@%s/%s", writerName, srv.addr(), database)
	wantError(t, wrong, quiet(), "does not let the user writer in", srv.addr())
	wantError(t, fmt.Sprintf("clickhouse://nobody:hunter2@%s/%s", srv.addr(), database), quiet(), "does not let the user nobody in")
	wantError(t, srv.dsn("nowhere"), quiet(), "CREATE DATABASE nowhere")
	lazy := quiet()
	lazy.Lazy = true
	wantError(t, wrong, lazy, "does not let the user writer in")

	right := quiet()
	right.Password = writerPassword
	s := open(t, wrong, right) // takes the place of the one in the DSN
	want(t, s, 0)

	t.Run("no-clickhouse", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				c.Read(make([]byte, 10))
				io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
				c.Close()
			}
		}()
		wantError(t, "clickhouse://"+l.Addr().String()+"/x", quiet(), "no ClickHouse server by its native protocol")
	})
}

// TestForeignTables are left as they are.
func TestForeignTables(t *testing.T) {
	t.Parallel()
	srv := single(t)
	for name, statement := range map[string]string{
		"table":  "CREATE TABLE %s.action_logs (x UInt8) ENGINE = Memory",
		"ledger": "CREATE TABLE %s.action_logs_ledger (x UInt8) ENGINE = Memory",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := newDatabase(t, srv)
			srv.run(t, fmt.Sprintf(statement, database))
			wantError(t, srv.dsn(database), quiet(), "left as it is", database)
			if n := srv.one(t, "SELECT count() FROM system.tables WHERE database = '"+database+"'"); n != "1" {
				t.Errorf("there are %s tables, want the one that was there", n)
			}
			opts := quiet()
			opts.Table = "other"
			want(t, open(t, srv.dsn(database), opts), 0)
		})
	}
	t.Run("newer", func(t *testing.T) {
		t.Parallel()
		s, srv, database := openNew(t)
		write(t, s, some(newProcess(), noon, 3))
		srv.run(t, "CREATE VIEW "+database+".action_logs_schema_99 AS SELECT 99 AS version")
		wantError(t, srv.dsn(database), quiet(), "a newer version", "99")
		want(t, s, 3)
	})
	t.Run("a-table-gone", func(t *testing.T) {
		t.Parallel()
		_, srv, database := openNew(t)
		srv.run(t, "DROP TABLE "+database+".action_logs_rollups")
		wantError(t, srv.dsn(database), quiet(), "action_logs_rollups is not there any more")
	})
	t.Run("half-made", func(t *testing.T) {
		t.Parallel()
		srv := single(t)
		database := newDatabase(t, srv)
		statements, err := clickhouse.Schema(database, clickhouse.Version{Major: 18, Minor: 16}, quiet())
		if err != nil {
			t.Fatal(err)
		}
		srv.run(t, statements[:3]...) // as a crash leaves it
		s := open(t, srv.dsn(database), quiet())
		write(t, s, some(newProcess(), noon, 3))
		want(t, s, 3)
	})
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	s, srv, database := openNew(t)
	write(t, s, some(newProcess(), noon, 3))
	tidy(t, s)
	opts := quiet()
	opts.ReadOnly = true
	wantError(t, srv.dsn(newDatabase(t, srv)), opts, "opening it for writing makes them")
	dsn := fmt.Sprintf("clickhouse://%s@%s/%s", readerName, srv.addr(), database)
	r := open(t, dsn, opts) // of a user who may not change settings either
	want(t, r, 3)
	if err := r.Write(t.Context(), some(newProcess(), noon, 1)); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a write to a store that was opened read-only: %v", err)
	}
	if err := r.Clear(t.Context()); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a clear of a store that was opened read-only: %v", err)
	}
	opts.ReadOnly = false
	w := open(t, dsn, opts)
	if err := w.Write(t.Context(), some(newProcess(), noon, 1)); err == nil || !strings.Contains(err.Error(), "the user reader may not do that") {
		t.Errorf("a write of a user who may not: %v", err)
	}
}

// TestLazy opens a store before its server is there.
func TestLazy(t *testing.T) {
	t.Parallel()
	program := serverProgram(t)
	srv := newServers(t, 1)[0]
	srv.run(t, "CREATE DATABASE d")
	srv.stop()
	opts := quiet()
	opts.Lazy, opts.DialTimeout = true, time.Second
	s := open(t, srv.dsn("d"), opts)
	list := some(newProcess(), noon, 3)
	if err := s.Write(t.Context(), list); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("a write to a server that is not there: %v", err)
	}
	srv.start(t, program)
	write(t, s, list)
	want(t, s, 3)
	srv.stop()
}

// TestHouse rolls up by itself.
func TestHouse(t *testing.T) {
	t.Parallel()
	srv := single(t)
	database := newDatabase(t, srv)
	opts := quiet()
	opts.House = 20 * time.Millisecond
	opts.OnError = func(err error) { t.Error(err) }
	s := open(t, srv.dsn(database), opts)
	write(t, s, some(newProcess(), noon, 100))
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if srv.one(t, "SELECT sum(total) FROM "+database+".action_logs_rollups FINAL WHERE step = 1") == "100" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing was rolled up")
		}
	}
	want(t, s, 100)
}

// TestBytes asks for a text of all bytes.
func TestBytes(t *testing.T) {
	t.Parallel()
	s, _, _ := openNew(t)
	var text [256]byte
	for i := range text {
		text[i] = byte(i)
	}
	list := some(newProcess(), noon, 3)
	list[1].Service = string(text[:]) // which no recorder leaves as it is
	write(t, s, list)
	got, err := s.Search(t.Context(), storage.Query{Services: []string{list[1].Service}})
	if err != nil || len(got.Actions) != 1 {
		t.Fatalf("%d actions, %v; want the one", len(got.Actions), err)
	}
	if diff := cmp.Diff(list[1].Service, got.Actions[0].Service); diff != "" {
		t.Error(diff)
	}
}
