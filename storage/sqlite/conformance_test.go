package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"actionlog/storage/sqlite"
	"actionlog/storage/storetest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(child(role, os.Getenv(childPath)))
	}
	goleak.VerifyTestMain(m)
}

// open opens a database that is closed with the test.
func open(t testing.TB, path string, opts sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// openNew opens a new database that keeps everything.
func openNew(t testing.TB) *sqlite.Store {
	return open(t, filepath.Join(t.TempDir(), "actions.sqlite"), sqlite.Options{MaxAge: -1})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Store {
		s := openNew(t)
		return storetest.Store{Searcher: s, Put: s.Write, Close: s.Close, Concurrent: true}
	})
}
