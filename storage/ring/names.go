package ring

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"actionlog/storage"
)

// Bounds on the names that a ring tells apart. What comes after shares
// "other".
const (
	maxServices = 256
	maxPairs    = 2048 // of service and action
	maxRoutes   = 4096 // of service, action, route and method

	other = "other"
)

// name is what a handle stands for.
type name struct {
	service, action, route, method string
	svc, pair                      int32 // indexes of the service and of the service and action
}

type nameKey struct{ service, action, route, method string }

type pairKey struct {
	svc    int32
	action string
}

// names interns. Look-ups of known names take no lock.
type names struct {
	byKey atomic.Pointer[map[nameKey]storage.Handle]
	all   atomic.Pointer[[]name] // by handle

	mu       sync.Mutex // held to add
	services map[string]int32
	pairs    map[pairKey]int32
}

func (t *names) init() {
	t.byKey.Store(&map[nameKey]storage.Handle{})
	t.all.Store(&[]name{})
	t.services = map[string]int32{}
	t.pairs = map[pairKey]int32{}
	t.intern(other, other, "", "") // handle 0
}

// at returns what h stands for. A handle of another ring is "other".
func (t *names) at(h storage.Handle) *name {
	all := *t.all.Load()
	if int(h) >= len(all) {
		h = 0
	}
	return &all[h]
}

// intern returns the handle of a name, and adds it if there is room.
func (t *names) intern(service, action, route, method string) storage.Handle {
	key := nameKey{service, action, route, method}
	if h, ok := (*t.byKey.Load())[key]; ok {
		return h
	}
	return t.add(key)
}

func (t *names) add(key nameKey) storage.Handle {
	key = nameKey{tidy(key.service, storage.MaxName), tidy(key.action, storage.MaxName), tidy(key.route, storage.MaxPath), tidy(key.method, 32)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if h, ok := (*t.byKey.Load())[key]; ok {
		return h
	}
	svc, ok := t.services[key.service]
	if !ok && len(t.services) >= maxServices {
		key.service = other
		svc, ok = t.services[other]
	}
	if !ok {
		svc = int32(len(t.services))
		t.services[key.service] = svc
	}
	pair, ok := t.pairs[pairKey{svc, key.action}]
	if !ok && len(t.pairs) >= maxPairs {
		key.action = other
		pair, ok = t.pairs[pairKey{svc, other}]
	}
	if !ok {
		pair = int32(len(t.pairs))
		t.pairs[pairKey{svc, key.action}] = pair
	}
	if len(*t.all.Load()) >= maxRoutes {
		key.route, key.method = other, ""
	}
	if h, ok := (*t.byKey.Load())[key]; ok { // the shortened name may be known
		return h
	}
	return t.insert(key, svc, pair)
}

func (t *names) insert(key nameKey, svc, pair int32) storage.Handle {
	all := append(*t.all.Load(), name{key.service, key.action, key.route, key.method, svc, pair})
	h := storage.Handle(len(all) - 1)
	t.all.Store(&all)
	byKey := maps.Clone(*t.byKey.Load())
	byKey[key] = h
	t.byKey.Store(&byKey)
	return h
}

// tidy returns a copy of s, cut and valid, that keeps no caller's memory.
func tidy(s string, most int) string {
	return strings.Clone(storage.Cut(strings.ToValidUTF8(s, "\uFFFD"), most))
}
