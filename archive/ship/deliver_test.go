package ship_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship"
	"actionlog/storage"
)

func TestRetriesOnlyWhatIsAsked(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 20)
	far := newFarSide()
	far.answer = func(call int, batch []storage.Action) (ship.Outcome, error) {
		switch call {
		case 1:
			return ship.Outcome{Retry: []int{1, 3, 4}, Refused: []ship.Refusal{{2, "mapping conflict"}}}, nil
		case 2:
			return ship.Outcome{Retry: []int{0, 2}, Refused: []ship.Refusal{{1, strings.Repeat("x", 10_000)}}}, nil
		}
		return ship.Outcome{}, nil
	}
	var told []ship.Event
	opts := fast()
	opts.OnEvent = func(e ship.Event) { told = append(told, e) }
	s := open(t, dir, far, opts)
	catchUp(t, s)
	wantTaken(t, far, slices.Concat(list[:2], list[4:]))
	if want := []int{10, 3, 2, 10}; !slices.Equal(far.sizes, want) {
		t.Errorf("batches of %v were sent, want %v", far.sizes, want)
	}
	if st := s.Status(); st.Delivered != 18 || st.Refused != 2 || st.Retried != 5 || st.LastError != nil {
		t.Errorf("the status is %+v", st)
	}
	if st := s.Stats(); st.Written != 18 || st.Missed != 2 || st.Lag != 0 || st.LastError != "" {
		t.Errorf("the stats are %+v", st)
	}
	refused := filepath.Join(dir, ".ship-ship.refused")
	if got := linesOf(t, refused); !slices.Equal(got, ids(list[2:4])) {
		t.Errorf("%s has %v", refused, got)
	}
	text := readFile(t, refused)
	if !strings.Contains(text, `,"refused":{"reason":"mapping conflict","at":"20`) || !strings.Contains(text, `"by":"ship"}}`) || len(text) > 5000 {
		t.Errorf("%s is %s", refused, text)
	}
	if info, err := os.Stat(refused); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	kinds := map[ship.EventKind]int{}
	for _, e := range told {
		kinds[e.Kind]++
		if e.String() == "" || e.Kind == ship.Retrying && e.Err == nil {
			t.Errorf("event %+v", e)
		}
	}
	if kinds[ship.Retrying] != 2 || kinds[ship.Rejected] != 2 || kinds[ship.Delivered] == 0 {
		t.Errorf("events: %v", kinds)
	}
}

func TestCutsInTwo(t *testing.T) {
	t.Parallel()
	for _, kind := range []ship.Kind{ship.Refused, ship.TooLarge} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			dir, list := newArchive(t, 30)
			poison := map[storage.ID]bool{list[3].ID: true, list[4].ID: true, list[29].ID: true}
			far := newFarSide()
			far.answer = func(_ int, batch []storage.Action) (ship.Outcome, error) {
				for i := range batch {
					if poison[batch[i].ID] {
						return ship.Outcome{}, fmt.Errorf("deliver: %w", &ship.BatchError{Kind: kind, Err: errors.New("no")})
					}
				}
				return ship.Outcome{}, nil
			}
			s := open(t, dir, far, fast())
			catchUp(t, s)
			wantTaken(t, far, slices.Concat(list[:3], list[5:29]))
			if st := s.Status(); st.Delivered != 27 || st.Refused != 3 || st.Retried != 0 {
				t.Errorf("the status is %+v", st)
			}
			if got := linesOf(t, filepath.Join(dir, ".ship-ship.refused")); !slices.Equal(got, []storage.ID{list[3].ID, list[4].ID, list[29].ID}) {
				t.Errorf("refused are %v", got)
			}
		})
	}
}

func TestOutage(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() (ship.Outcome, error){
		"plain-error": func() (ship.Outcome, error) { return ship.Outcome{}, errDown },
		"unavailable": func() (ship.Outcome, error) {
			return ship.Outcome{}, &ship.BatchError{Kind: ship.Unavailable, Err: errDown}
		},
		"panic":        func() (ship.Outcome, error) { panic("connection refused") },
		"out-of-range": func() (ship.Outcome, error) { return ship.Outcome{Retry: []int{10}}, nil },
		"twice": func() (ship.Outcome, error) {
			return ship.Outcome{Retry: []int{2}, Refused: []ship.Refusal{{Index: 2}}}, nil
		},
		"negative": func() (ship.Outcome, error) { return ship.Outcome{Refused: []ship.Refusal{{Index: -1}}}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, list := newArchive(t, 20)
			far := newFarSide()
			var s *ship.Shipper
			var during ship.Status
			far.answer = func(call int, batch []storage.Action) (ship.Outcome, error) {
				if call <= 5 {
					during = s.Status()
					out, err := fail()
					if err == nil {
						far.got = append(far.got[:0:0], far.got...)
						return out, err
					}
					return out, err
				}
				if call == 6 {
					far.got = nil // what a wrong answer seemed to take
				}
				return ship.Outcome{}, nil
			}
			s = open(t, dir, far, fast())
			catchUp(t, s)
			wantTaken(t, far, list)
			if during.LastError == nil || during.Lag != 20 || during.Behind == 0 || during.Delivered != 0 {
				t.Errorf("the status meanwhile is %+v", during)
			}
			if st := s.Status(); st.LastError != nil || st.Retried != 50 || !st.RetryAt.IsZero() {
				t.Errorf("the status afterwards is %+v", st)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 10)
	far := newFarSide()
	far.answer = func(call int, batch []storage.Action) (ship.Outcome, error) {
		switch call {
		case 1:
			return ship.Outcome{}, &ship.BatchError{After: 30 * time.Millisecond, Err: errors.New("429")}
		case 2:
			return ship.Outcome{Retry: []int{0}, After: time.Hour}, nil
		}
		return ship.Outcome{}, nil
	}
	opts := fast()
	opts.MaxAfter = 40 * time.Millisecond
	var waits []time.Duration
	opts.OnEvent = func(e ship.Event) {
		if e.Kind == ship.Retrying {
			waits = append(waits, e.Wait)
		}
	}
	began := time.Now()
	catchUp(t, open(t, dir, far, opts))
	wantTaken(t, far, list)
	if !slices.Equal(waits, []time.Duration{30 * time.Millisecond, 40 * time.Millisecond}) || time.Since(began) < 70*time.Millisecond {
		t.Errorf("it waited %v, and took %s", waits, time.Since(began))
	}
}

func TestEndsInTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		takes,
		grace time.Duration
		delivered int64
	}{
		{"finishes", 50 * time.Millisecond, 10 * time.Second, 10},
		{"is-abandoned", time.Hour, 20 * time.Millisecond, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, _ := newArchive(t, 20)
			begun := make(chan struct{}, 10)
			to := deliverFunc(func(ctx context.Context, _ []storage.Action) (ship.Outcome, error) {
				begun <- struct{}{}
				select {
				case <-time.After(c.takes):
					return ship.Outcome{}, nil
				case <-ctx.Done():
					return ship.Outcome{}, ctx.Err()
				}
			})
			opts := fast()
			opts.Grace = c.grace
			s := open(t, dir, to, opts)
			r := run(t, s)
			<-begun
			if err := r.end(t); !errors.Is(err, context.Canceled) {
				t.Errorf("Run returns %v", err)
			}
			if st := s.Status(); st.Delivered != c.delivered || len(begun) > 0 {
				t.Errorf("the status is %+v", st)
			}
		})
	}
}

type deliverFunc func(context.Context, []storage.Action) (ship.Outcome, error)

func (f deliverFunc) Deliver(ctx context.Context, batch []storage.Action) (ship.Outcome, error) {
	return f(ctx, batch)
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	dir, _ := newArchive(t, 5)
	calls := 0
	to := deliverFunc(func(ctx context.Context, _ []storage.Action) (ship.Outcome, error) {
		if calls++; calls > 1 {
			return ship.Outcome{}, nil
		}
		<-ctx.Done()
		return ship.Outcome{}, ctx.Err()
	})
	opts := fast()
	opts.Timeout = 10 * time.Millisecond
	s := open(t, dir, to, opts)
	catchUp(t, s)
	if st := s.Status(); st.Delivered != 5 || st.Retried != 5 {
		t.Errorf("the status is %+v", st)
	}
}

func TestRefusedFull(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 30)
	far := newFarSide()
	far.answer = func(_ int, batch []storage.Action) (ship.Outcome, error) {
		return ship.Outcome{Refused: []ship.Refusal{{0, "no"}, {1, "no"}}}, nil
	}
	opts := fast()
	opts.MaxRefused = 1000
	opts.Refused = filepath.Join(t.TempDir(), "refused")
	s := open(t, dir, far, opts)
	err := s.CatchUp(t.Context())
	if !errors.Is(err, ship.ErrRefusedFull) || !strings.Contains(err.Error(), opts.Refused) {
		t.Fatalf("the error is %v", err)
	}
	kept := linesOf(t, opts.Refused)
	if st := s.Status(); st.Refused != int64(len(kept)) || len(kept) == 0 || len(kept) == 6 || st.LastError == nil {
		t.Fatalf("%d are kept, and the status is %+v", len(kept), st)
	}
	for range 3 {
		if err := os.Rename(opts.Refused, filepath.Join(t.TempDir(), "moved")); err != nil {
			t.Fatal(err)
		}
		if err = s.CatchUp(t.Context()); err == nil {
			break
		}
		kept = append(kept, linesOf(t, opts.Refused)...)
	}
	if err != nil {
		t.Fatal(err)
	}
	if st := s.Status(); st.Refused != 6 || st.Delivered != 24 || st.LastError != nil {
		t.Errorf("the status is %+v", st)
	}
	_ = list
}
