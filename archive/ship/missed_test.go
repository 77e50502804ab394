package ship_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/ship"
	"actionlog/storage"
)

func TestMissed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := openWriter(t, dir, archive.Options{})
	m := newMaker()
	first := m.next(30)
	write(t, w, first)
	rotate(t, w)
	second := m.next(25)
	write(t, w, second)
	rotate(t, w)
	third := m.next(5)
	write(t, w, third)

	var down atomic.Bool
	down.Store(true)
	far := newFarSide()
	far.answer = func(int, []storage.Action) (ship.Outcome, error) {
		if down.Load() {
			return ship.Outcome{}, errDown
		}
		return ship.Outcome{}, nil
	}
	opts := fast()
	told := make(chan ship.Event, 100)
	opts.OnEvent = func(e ship.Event) {
		if e.Kind == ship.Missed {
			told <- e
		}
	}
	s := open(t, dir, far, opts)
	run(t, s)
	for s.Status().Retried == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := os.Remove(filepath.Join(dir, archiveFile(t, dir, 1))); err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-told:
		if e.Count != 25 || !strings.Contains(e.String(), "25 lines of actions-") {
			t.Errorf("told is %s", e)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing is told of what was removed")
	}
	down.Store(false)
	far.wait(t, 35)
	wantTaken(t, far, slices.Concat(first, third))
	for s.Status().Delivered < 35 {
		time.Sleep(time.Millisecond)
	}
	if st := s.Status(); st.Missed != 25 || st.Lag != 0 || s.Stats().Missed != 25 {
		t.Errorf("the status is %+v", st)
	}
}

func archiveFile(t testing.TB, dir string, n int) string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "actions-*.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	names := []archive.Name{}
	for _, path := range list {
		if name, ok := archive.ParseName(filepath.Base(path)); ok {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, archive.Name.Compare)
	return names[n].String()
}

func TestMissedWhileAway(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 40)
	far := newFarSide()
	far.answer = func(call int, _ []storage.Action) (ship.Outcome, error) {
		if call > 1 {
			return ship.Outcome{}, errDown
		}
		return ship.Outcome{}, nil
	}
	s := open(t, dir, far, fast())
	r := run(t, s)
	for s.Status().Retried == 0 {
		time.Sleep(time.Millisecond)
	}
	r.end(t)
	closeShipper(t, s)
	if err := os.Remove(filepath.Join(dir, archiveFile(t, dir, 0))); err != nil {
		t.Fatal(err)
	}
	far.answer = nil
	s = open(t, dir, far, fast())
	catchUp(t, s)
	wantTaken(t, far, slices.Concat(list[:10], list[20:]))
	if st := s.Status(); st.Missed != 10 || st.Delivered != 30 {
		t.Errorf("the status is %+v", st)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 20)
	name := filepath.Join(dir, strings.TrimSuffix(archiveFile(t, dir, 0), ".gz"))
	name = strings.TrimSuffix(name, ".jsonl") + ".7.jsonl"
	good := newMaker().next(2)
	writeFile(t, name, string(good[0].AppendJSON(nil))+"\nnot JSON\n"+string(good[1].AppendJSON(nil))+"\n")
	far := newFarSide()
	opts := fast()
	var damage []error
	opts.OnEvent = func(e ship.Event) {
		if e.Kind == ship.Damaged {
			damage = append(damage, e.Err)
		}
	}
	s := open(t, dir, far, opts)
	catchUp(t, s)
	wantTaken(t, far, append(list, good...))
	var syntax *archive.SyntaxError
	if len(damage) != 1 || !errors.As(damage[0], &syntax) || syntax.Line != 2 {
		t.Errorf("told are %v", damage)
	}
	if st := s.Status(); st.Damaged != 1 || st.Delivered != 22 {
		t.Errorf("the status is %+v", st)
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	dir, list := newArchive(t, 10)
	far := newFarSide()
	opts := fast()
	opts.Checkpoint = filepath.Join(parent, "checkpoint")
	s := open(t, dir, far, opts)
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := s.CatchUp(t.Context()); err == nil {
		t.Error("no error where the folder is gone")
	}
	run(t, s)
	for s.Status().LastError == nil {
		time.Sleep(time.Millisecond)
	}
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	far.wait(t, 10)
	wantTaken(t, far, list)
	for s.Status().LastError != nil {
		time.Sleep(time.Millisecond)
	}
}
