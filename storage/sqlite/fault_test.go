package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/sqlite"
)

// A test starts itself again as another process, which does what these say.
const (
	childRole = "ACTIONLOG_SQLITE_CHILD"
	childPath = "ACTIONLOG_SQLITE_PATH"

	childBatch = 250
	childAims  = 3000 // how many actions the reader waits for
)

// child is the other process.
func child(role, path string) int {
	if err := map[string]func(string) error{"write": writeForEver, "read": readOn}[role](path); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// writeForEver writes batches, and after each the number of actions written.
func writeForEver(path string) error {
	s, err := sqlite.Open(path, sqlite.Options{MaxAge: -1})
	if err != nil {
		return err
	}
	process := storage.NewProcess(time.Now())
	for n := 0; ; n += childBatch {
		batch := some(&process, time.Now(), n+childBatch)[n:]
		if err := s.Write(context.Background(), batch); err != nil {
			return err
		}
		fmt.Println(n + childBatch)
		if n > 20_000 {
			time.Sleep(time.Millisecond) // making some is not linear
		}
	}
}

// readOn reads until there are enough, and never sees fewer than before, or a
// batch in part.
func readOn(path string) error {
	s, err := sqlite.Open(path, sqlite.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer s.Close()
	for last := int64(0); last < childAims; {
		page, err := s.Search(context.Background(), storage.Query{Limit: 1000})
		if err != nil {
			return err
		}
		st, err := s.Stats(context.Background(), storage.Query{})
		if err != nil {
			return err
		}
		if st.Total < last || st.Total < int64(len(page.Actions)) || st.Total%childBatch != 0 || st.Lifetime.Total != st.Total {
			return fmt.Errorf("%d actions after %d, of which %d were found before", st.Total, last, len(page.Actions))
		}
		last = st.Total
	}
	return nil
}

// startChild starts the other process and returns its lines. It is killed at
// the end of the test.
func startChild(t *testing.T, role, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childRole+"="+role, childPath+"="+path)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	return cmd, bufio.NewScanner(stdout)
}

func full() bool { return os.Getenv("ACTIONLOG_FULL") == "1" }

// TestKillWriter kills a process that writes, again and again: what it had
// written is there, once, and what it had not is not there in part.
func TestKillWriter(t *testing.T) {
	t.Parallel()
	rounds := 3
	if full() {
		rounds = 8
	}
	path := newPath(t)
	before := 0
	for round := range rounds {
		cmd, lines := startChild(t, "write", path)
		written := 0
		var killAt time.Time
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatalf("round %d: the writer says %s", round, lines.Text())
			}
			if written == 0 {
				killAt = time.Now().Add(time.Duration(20+37*round%200) * time.Millisecond)
				time.AfterFunc(time.Until(killAt), func() { _ = cmd.Process.Kill() })
			}
			written = n
		}
		s := open(t, path, sqlite.Options{MaxAge: -1})
		n := total(t, s, storage.Query{})
		if n -= before; n < written || n > written+childBatch || n%childBatch != 0 {
			t.Errorf("round %d: %d actions are there, of %d written", round, n, written)
		}
		before += n
		closeStore(t, s)
		if got := one(t, path, "SELECT integrity_check FROM pragma_integrity_check"); got != "ok" {
			t.Fatalf("round %d: the file is damaged: %s", round, got)
		}
	}
}

func TestReaderInAnotherProcess(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	process := storage.NewProcess(noon)
	list := some(&process, noon, childAims+10*childBatch)
	cmd, lines := startChild(t, "read", s.Path())
	for ; len(list) > 0; list = list[childBatch:] {
		write(t, s, list[:childBatch])
		time.Sleep(2 * time.Millisecond)
	}
	for lines.Scan() {
		t.Error(lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestTwoWriters write at the same time.
func TestTwoWriters(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	done := make(chan error, 2)
	for i := range 2 {
		s := open(t, path, sqlite.Options{MaxAge: -1})
		process := storage.NewProcess(noon.Add(time.Duration(i) * time.Hour))
		list := some(&process, noon, 1000)
		go func() {
			var errs []error
			for ; len(list) > 0; list = list[50:] {
				errs = append(errs, s.Write(t.Context(), list[:50]))
			}
			done <- errors.Join(errs...)
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := total(t, open(t, path, sqlite.Options{MaxAge: -1}), storage.Query{}); n != 2000 {
		t.Errorf("%d actions, want 2000", n)
	}
}

func TestLocked(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t), sqlite.Options{MaxAge: -1, BusyTimeout: 50 * time.Millisecond})
	process := storage.NewProcess(noon)
	list := some(&process, noon, 100)
	write(t, s, list[:50])
	other := lock(t, s.Path())
	err := s.Write(t.Context(), list)
	if err == nil || !strings.Contains(err.Error(), "locked") || !strings.Contains(err.Error(), s.Path()) {
		t.Errorf("got the error %v, want one that says locked, and the file", err)
	}
	if n := total(t, s, storage.Query{}); n != 50 {
		t.Errorf("%d actions are found while another process writes, want 50", n)
	}
	patient := open(t, s.Path(), sqlite.Options{MaxAge: -1, BusyTimeout: time.Hour, House: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := patient.Write(ctx, list); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got the error %v, want the context's", err)
	}
	other()
	write(t, s, list)
	if n := total(t, s, storage.Query{}); n != 100 {
		t.Errorf("%d actions, want 100", n)
	}
}

// lock takes the lock of who writes, and returns what gives it back.
func lock(t *testing.T, path string) func() {
	t.Helper()
	conn, err := raw(t, path).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil && !errors.Is(err, sql.ErrConnDone) {
			t.Error(err)
		}
		conn.Close()
	}
}

// mount makes a small file system, which only root can.
func mount(t *testing.T, options string) (dir string, remount func(options string)) {
	t.Helper()
	dir = t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		if full() {
			t.Fatalf("full check: no file system can be mounted: %v, %s", err, out)
		}
		t.Skipf("no file system can be mounted, which takes root: %v", err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v, %s", err, out)
		}
	})
	return dir, func(options string) {
		if out, err := exec.Command("mount", "-o", "remount,"+options, dir).CombinedOutput(); err != nil {
			t.Fatalf("remount: %v, %s", err, out)
		}
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir, remount := mount(t, "size=2m")
	s := open(t, filepath.Join(dir, "actions.sqlite"), sqlite.Options{MaxAge: -1})
	process := storage.NewProcess(noon)
	list := some(&process, noon, 40_000)
	written, batch := 0, 500
	var err error
	for ; written < len(list) && err == nil; written += batch {
		err = s.Write(t.Context(), list[written:written+batch])
	}
	if err == nil {
		t.Fatal("the disk did not become full")
	}
	written -= batch
	if !strings.Contains(err.Error(), "full") && !strings.Contains(err.Error(), "disk") {
		t.Errorf("the error is %v, want it to say that the disk is full", err)
	}
	for range 3 {
		if err := s.Write(t.Context(), list[written:written+batch]); err == nil {
			t.Error("a write to a full disk went well")
		}
	}
	if n := total(t, s, storage.Query{}); n != written {
		t.Errorf("%d actions, want the %d whose writes went well", n, written)
	}
	remount("size=64m")
	write(t, s, list[written:])
	if n := total(t, s, storage.Query{}); n != len(list) {
		t.Errorf("%d actions, want all %d", n, len(list))
	}
	if got := one(t, s.Path(), "SELECT integrity_check FROM pragma_integrity_check"); got != "ok" {
		t.Errorf("the file is damaged: %s", got)
	}
}

func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	dir, remount := mount(t, "size=16m")
	path := filepath.Join(dir, "actions.sqlite")
	s := open(t, path, sqlite.Options{MaxAge: -1})
	process := storage.NewProcess(noon)
	write(t, s, some(&process, noon, 100))
	closeStore(t, s)
	remount("ro")
	if s, err := sqlite.Open(path, sqlite.Options{House: time.Hour}); err == nil {
		if err := s.Write(t.Context(), some(&process, noon, 101)[100:]); err == nil {
			t.Error("a read-only disk was written to")
		}
		s.Close()
	} else if !strings.Contains(err.Error(), path) {
		t.Errorf("the error %v does not name the file", err)
	}
	reader := open(t, path, sqlite.Options{ReadOnly: true})
	if n := total(t, reader, storage.Query{}); n != 100 {
		t.Errorf("%d actions, want 100", n)
	}
}

// TestDamagedWhileOpen reads a file that something wrote over.
func TestDamagedWhileOpen(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := open(t, path, sqlite.Options{MaxAge: -1})
	process := storage.NewProcess(noon)
	write(t, s, some(&process, noon, 5000))
	closeStore(t, s)
	b := []byte(content(t, path))
	for at := 40 * 4096; at < len(b); at += 4096 {
		copy(b[at:at+4096], strings.Repeat("\xaa", 4096))
	}
	writeFile(t, path, string(b))
	s = open(t, path, sqlite.Options{MaxAge: -1})
	_, err := s.Search(t.Context(), storage.Query{Text: "nothing", Limit: storage.NoLimit})
	if err == nil || !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), path) {
		t.Errorf("got the error %v, want one that says damaged, and the file", err)
	}
}

// TestOpenAtTheSameTime makes, and takes over, a database by several at once.
func TestOpenAtTheSameTime(t *testing.T) {
	t.Parallel()
	for _, seed := range []bool{false, true} {
		path := newPath(t)
		if seed {
			run(t, path, seedDDL, seedRows)
		}
		errs := make(chan error, 6)
		for range cap(errs) {
			go func() {
				s, err := sqlite.Open(path, sqlite.Options{MaxAge: -1})
				if err == nil {
					_, err = s.Search(context.Background(), storage.Query{})
					err = errors.Join(err, s.Close())
				}
				errs <- err
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Errorf("a database that is there is %v: %v", seed, err)
			}
		}
	}
}
