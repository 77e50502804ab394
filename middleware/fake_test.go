package middleware_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"actionlog/storage"
)

// kept is one action as a recorder was told of it.
type kept struct {
	Service, Action, Route, Method string
	Start                          storage.Start
	Finish                         storage.Finish
	Stamp                          storage.Stamp
}

// fake is a recorder that keeps everything.
type fake struct {
	mu       sync.Mutex
	names    [][4]string
	started  []storage.Start
	begun    []storage.Handle
	ended    map[uint64]bool
	kept     []kept
	forgot   int
	problems []string
	process  storage.Process
	epoch    time.Time
}

func newFake() *fake {
	return &fake{epoch: time.Now(), process: storage.NewProcess(time.Now()), ended: map[uint64]bool{}}
}

func (f *fake) Intern(service, action, route, method string) storage.Handle {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := [4]string{service, action, route, method}
	if i := slices.Index(f.names, name); i >= 0 {
		return storage.Handle(i)
	}
	f.names = append(f.names, name)
	return storage.Handle(len(f.names) - 1)
}

func (f *fake) Place() storage.Place { return nil }

func (f *fake) Begin(h storage.Handle, s *storage.Start) storage.Active {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started = append(f.started, *s)
	f.begun = append(f.begun, h)
	return storage.Active{Mono: int64(time.Since(f.epoch)), Token: uint64(len(f.started) - 1)}
}

func (f *fake) End(a storage.Active, fin *storage.Finish) storage.Stamp {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended[a.Token] {
		f.problems = append(f.problems, "an action ended twice")
	}
	f.ended[a.Token] = true
	if fin == nil {
		f.forgot++
		return storage.Stamp{}
	}
	now := time.Since(f.epoch)
	stamp := storage.Stamp{UnixNano: f.epoch.Add(now).UnixNano(), Duration: now - time.Duration(a.Mono), Number: uint64(len(f.kept)), Process: &f.process}
	name := f.names[fin.Handle]
	copied := *fin
	copied.Attrs = slices.Clone(fin.Attrs)
	f.kept = append(f.kept, kept{name[0], name[1], name[2], name[3], f.started[a.Token], copied, stamp})
	return stamp
}

func (f *fake) Record(storage.Action) {}

// null does what every recorder must: it reads the clock twice.
type null struct {
	epoch time.Time
	n     atomic.Uint64
}

func (n *null) Intern(_, _, _, _ string) storage.Handle { return storage.Handle(n.n.Add(1)) }
func (n *null) Place() storage.Place                    { return nil }
func (n *null) Begin(storage.Handle, *storage.Start) storage.Active {
	return storage.Active{Mono: int64(time.Since(n.epoch))}
}
func (n *null) End(a storage.Active, f *storage.Finish) storage.Stamp {
	now := time.Since(n.epoch)
	return storage.Stamp{Duration: now - time.Duration(a.Mono), Process: &process}
}
func (n *null) Record(storage.Action) {}

var process = storage.NewProcess(time.Now())
