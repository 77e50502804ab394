package ship_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"actionlog/archive/ship"
	"actionlog/storage"
)

// names lists a folder with the sizes.
func names(t testing.TB, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name()+" "+readFile(t, filepath.Join(dir, e.Name())))
	}
	return list
}

// TestPlan tells what would be sent, before a delivery, while another works and
// afterwards, and changes nothing.
func TestPlan(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 40)
	plan := func(opts ship.Options, n int) ship.Plan {
		t.Helper()
		before := names(t, dir)
		p, err := ship.NewPlan(t.Context(), dir, opts, n)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(names(t, dir), before) {
			t.Fatal("the plan changed something")
		}
		return p
	}
	p := plan(ship.Options{}, 3)
	if p.Begun || p.Actions != 40 || p.Bytes == 0 || p.Position != "" || !slices.Equal(ids(p.First), ids(list[:3])) || p.Checkpoint != checkpointOf(dir) {
		t.Errorf("the plan is %+v", p)
	}
	if p := plan(ship.Options{FromNow: true}, 3); p.Actions != 0 || len(p.First) != 0 {
		t.Errorf("from now on, the plan is %+v", p)
	}
	if p := plan(ship.Options{From: list[35].Time}, 100); len(p.First) != 5 || p.From.IsZero() {
		t.Errorf("from a moment on, the plan is %+v", p)
	}
	far := newFarSide()
	far.answer = func(call int, _ []storage.Action) (ship.Outcome, error) { return ship.Outcome{}, nil }
	s := open(t, dir, far, fast())
	catchUp(t, s)
	p = plan(ship.Options{}, 3)
	if !p.Begun || p.Actions != 0 || len(p.First) != 0 || p.Delivered != 40 || !strings.HasSuffix(p.Position, "line 20") || p.Saved.IsZero() {
		t.Errorf("afterwards, the plan is %+v", p)
	}
	if _, err := ship.NewPlan(t.Context(), dir, ship.Options{Name: "/"}, 1); err == nil {
		t.Error("options are not looked at")
	}
	if _, err := ship.NewPlan(t.Context(), filepath.Join(dir, "none"), ship.Options{}, 1); err == nil {
		t.Error("no archive is no error")
	}
}

// TestPlanOfGone tells what was removed before it was delivered.
func TestPlanOfGone(t *testing.T) {
	t.Parallel()
	dir, _ := newArchive(t, 40)
	s := open(t, dir, newFarSide(), fast())
	closeShipper(t, s)
	far := newFarSide()
	far.answer = func(call int, _ []storage.Action) (ship.Outcome, error) {
		if call > 1 {
			return ship.Outcome{}, ship.ErrRefusedFull
		}
		return ship.Outcome{}, nil
	}
	s = open(t, dir, far, fast())
	r := run(t, s)
	far.wait(t, 10)
	for s.Status().Retried == 0 {
	}
	r.end(t)
	closeShipper(t, s)
	if err := os.Remove(filepath.Join(dir, archiveFile(t, dir, 0))); err != nil {
		t.Fatal(err)
	}
	p, err := ship.NewPlan(t.Context(), dir, ship.Options{}, 1)
	if err != nil || p.Gone != 10 || p.Actions != 20 {
		t.Errorf("the plan is %+v, %v", p, err)
	}
}
