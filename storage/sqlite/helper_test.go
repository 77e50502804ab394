package sqlite_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/sqlite"
)

var noon = time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC)

// raw opens a file as any program would.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "_pragma=busy_timeout(10000)"} // the store may be tidying
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// run runs statements of another program.
func run(t testing.TB, path string, statements ...string) {
	t.Helper()
	db := raw(t, path)
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// one returns the only value that a statement gives, as text.
func one(t testing.TB, path, statement string) (value string) {
	t.Helper()
	db := raw(t, path)
	defer db.Close()
	if err := db.QueryRow("SELECT CAST((" + statement + ") AS TEXT)").Scan(&value); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return value
}

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

func write(t testing.TB, s *sqlite.Store, list []storage.Action) {
	t.Helper()
	if err := s.Write(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func search(t testing.TB, s storage.Searcher, q storage.Query) []storage.Action {
	t.Helper()
	page, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return page.Actions
}

// total returns how many actions match by search and by stats, which must agree.
func total(t testing.TB, s storage.Searcher, q storage.Query) int {
	t.Helper()
	q.Limit = storage.NoLimit
	n := len(search(t, s, q))
	st, err := s.Stats(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if st.Total != int64(n) {
		t.Fatalf("stats %v count %d actions, a search finds %d", q.Values(), st.Total, n)
	}
	return n
}

func closeStore(t testing.TB, s *sqlite.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "actions.sqlite") }

func content(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// clock is one that a test sets.
type clock struct{ at atomic.Int64 }

func setClock(at time.Time) *clock {
	c := &clock{}
	c.set(at)
	return c
}

func (c *clock) set(at time.Time) { c.at.Store(at.UnixNano()) }

func (c *clock) read() time.Time { return time.Unix(0, c.at.Load()).UTC() }
