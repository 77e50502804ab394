package ring

import (
	"context"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"actionlog/storage"
)

// paths returns the paths of what is in flight.
func paths(t *testing.T, r *Ring) map[string]int {
	t.Helper()
	list, err := r.Active(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]int{}
	for _, a := range list {
		paths[a.Path]++
	}
	if n := r.InFlight(); n != len(list) {
		t.Errorf("%d in flight, %d listed", n, len(list))
	}
	return paths
}

func TestPlace(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	h := r.Intern("S", "GET /{id}", "/{id}", "GET")
	p := r.Place()
	start := func(place storage.Place, path string) *storage.Start {
		return &storage.Start{Method: "GET", Path: path, Place: place}
	}
	check := func(what string, want ...string) {
		t.Helper()
		all := map[string]int{}
		for _, path := range want {
			all[path]++
		}
		if diff := cmp.Diff(all, paths(t, r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("before")
	first := r.Begin(h, start(p, "/1"))
	check("one began", "/1")
	second := r.Begin(h, start(p, "/2"))
	check("another one began at the same place", "/1", "/2")
	r.End(first, nil)
	check("the first ended", "/2")
	third := r.Begin(h, start(p, "/3"))
	check("a third began at the place", "/2", "/3")
	r.End(first, nil)
	check("the first ended once more", "/2", "/3")
	r.End(second, nil)
	r.End(second, nil)
	fourth, fifth := r.Begin(h, start(nil, "/4")), r.Begin(h, start(nil, "/5"))
	check("two without a place began after a second end of one", "/3", "/4", "/5")
	foreign := r.Begin(h, start(New(Options{}).Place(), "/6"))
	check("one began at another ring's place", "/3", "/4", "/5", "/6")
	for _, a := range []storage.Active{third, fourth, fifth, foreign, {}} {
		r.End(a, nil)
	}
	check("all ended")
}

// TestPlaceWhileListed begins and ends while a lister reads the place.
func TestPlaceWhileListed(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	p := r.Place().(*place)
	s := storage.Start{Path: "/1", Place: p}
	first := r.Begin(0, &s)
	state, ok := p.hold()
	if !ok {
		t.Fatal("what is in flight cannot be listed")
	}
	r.End(first, nil)
	if n := r.InFlight(); n != 0 {
		t.Errorf("%d in flight, want none: it ended", n)
	}
	second := r.Begin(0, &storage.Start{Path: "/2", Place: p})
	if diff := cmp.Diff(map[string]int{"/2": 1}, paths(t, r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p.what.Path != "/1" {
		t.Errorf("the place that is read was written: %q", p.what.Path)
	}
	r.End(second, nil)
	if p.release(state) {
		t.Error("the lister does not see that it ended")
	}
	if r.Begin(0, &s).Place != storage.Place(p) {
		t.Error("a place that the lister freed is not used again")
	}
}

// TestPlacesGo shows that places are kept no longer than by those who have them.
func TestPlacesGo(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	kept := r.Begin(0, &storage.Start{Path: "/kept", Place: r.Place()})
	for range 5000 {
		r.End(r.Begin(0, &storage.Start{Place: r.Place()}), nil)
	}
	living := func() (n int) {
		r.active.all(func(*place) { n++ })
		return n
	}
	deadline := time.Now().Add(10 * time.Second)
	for living() > 1 && time.Now().Before(deadline) {
		runtime.GC()
	}
	if n := living(); n != 1 {
		t.Errorf("%d places live, want the one in flight", n)
	}
	if diff := cmp.Diff(map[string]int{"/kept": 1}, paths(t, r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for range 5000 {
		r.Place()
	}
	if n := len(r.active.places); n > 7000 {
		t.Errorf("%d places are remembered, also of those that are gone", n)
	}
	r.End(kept, nil)
}

// TestActiveText bounds what came from outside, and leaves queries out.
func TestActiveText(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	a := r.Begin(r.Intern("S", "a", "/", "GET"), &storage.Start{
		Method: strings.Repeat("M", 1000), RequestID: strings.Repeat("i", 1000),
		Path: "/\xff" + strings.Repeat("p", 10_000) + "?token=abcdefgh12345678", Remote: netip.MustParseAddr("::ffff:192.0.2.1"),
	})
	defer r.End(a, nil)
	list, err := r.Active(context.Background())
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	got := list[0]
	if len(got.Path) > storage.MaxPath || !strings.HasPrefix(got.Path, "/\uFFFDpp") || len(got.RequestID) > storage.MaxRequestID || len(got.Method) > 32 {
		t.Errorf("%+v", got)
	}
	want := storage.Running{Service: "S", Action: "a", Remote: netip.MustParseAddr("192.0.2.1")}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(storage.Running{}, "Began", "Age", "Method", "Path", "RequestID"), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestActiveUnderLoad lists while many begin and end: what is listed is whole.
func TestActiveUnderLoad(t *testing.T) {
	t.Parallel()
	r := New(Options{})
	const writers, each = 4, 5000
	stop := make(chan struct{})
	var listers, wg sync.WaitGroup
	for range 2 {
		listers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				list, err := r.Active(context.Background())
				if err != nil || len(list) > writers {
					t.Errorf("%d listed, %v", len(list), err)
				}
				for _, a := range list {
					if a.Path != "/"+a.RequestID || a.Method != a.RequestID[:1] {
						t.Errorf("torn: %+v", a)
					}
				}
			}
		})
	}
	for w := range writers {
		wg.Go(func() {
			var s storage.Start
			if w%2 == 0 {
				s.Place = r.Place()
			}
			for i := range each {
				s.Path = []string{"/abc", "/defg", "/hijkl"}[i%3]
				s.RequestID, s.Method = s.Path[1:], s.Path[1:2]
				r.End(r.Begin(0, &s), nil)
			}
		})
	}
	wg.Wait()
	close(stop)
	listers.Wait()
	if n := r.InFlight(); n != 0 {
		t.Errorf("%d in flight, want none", n)
	}
	r.active.all(func(p *place) {
		if state := p.state.Load(); state != 0 {
			t.Errorf("a place is left in state %x", state)
		}
	})
}
