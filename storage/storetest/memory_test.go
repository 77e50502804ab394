package storetest_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"actionlog/storage"
	"actionlog/storage/storetest"
)

// memory is a store that is plainly right: a slice, read from end to end. Each
// of its defects, if set, breaks it in one way.
type memory struct {
	mu      sync.Mutex
	list    []storage.Action
	number  uint64
	process storage.Process
	keepIDs bool
	most    int // actions held; older ones are dropped
	dropped uint64
	changed chan struct{} // closed at the next change
	closed  bool

	flaws flaws
}

// flaws are the ways in which a memory may be wrong.
type flaws struct {
	nilWhenEmpty, nilMaps, phantom            bool
	put                                       func(a *storage.Action)    // spoils what is put
	query                                     func(q *storage.Query)     // spoils what is asked
	page                                      func(p *storage.Page)      // spoils what is answered
	stats                                     func(s *storage.Stats)     // spoils what is counted
	match                                     func(*storage.Action) bool // drops matches
	compare                                   func(x, y *storage.Action) int
	share, keepBatch, acceptAny, ignoreCursor bool
	offsetCursor, ignoreContext, racy         bool
	clearNothing, clearForGood, answersClosed bool
	closeOnce, reverseIDs, sameID             bool
	newestWrong, followSkips, followSpins     bool
	followAgain, missedWrong, missedZero      bool
	followDeaf, followDropsRest               bool
	groups                                    func(list []storage.ErrorGroup)              // spoils groups
	actions                                   func(list []storage.Action) []storage.Action // spoils a range
	points                                    func(list []storage.Point) []storage.Point   // spoils a series
	anyStep, nilSeries                        bool
}

func newMemory() *memory {
	return &memory{process: storage.NewProcess(time.Unix(0, 0)), most: 1 << 20, changed: make(chan struct{})}
}

func (m *memory) store() storetest.Store {
	return storetest.Store{Searcher: m, Put: m.put, Close: m.close, AssignsIDs: !m.keepIDs, Concurrent: true}
}

func (m *memory) put(_ context.Context, batch []storage.Action) error {
	for i := range batch {
		a := copyOf(&batch[i])
		if m.flaws.keepBatch {
			a = batch[i]
		}
		if m.flaws.put != nil {
			m.flaws.put(&a)
		}
		m.mu.Lock()
		m.number++
		switch {
		case m.flaws.reverseIDs:
			a.ID = m.process.ID(1<<40 - m.number)
		case m.flaws.sameID:
			a.ID = m.process.ID(m.number / 2)
		case !m.keepIDs:
			a.ID = m.process.ID(m.number)
		}
		list := m.list
		if m.flaws.racy {
			m.mu.Unlock()
			time.Sleep(100 * time.Microsecond)
			m.mu.Lock()
		}
		m.list = append(slices.Clip(list), a)
		if over := len(m.list) - m.most; over > 0 {
			m.list = m.list[over:]
			m.dropped += uint64(over)
		}
		m.wake()
		m.mu.Unlock()
	}
	return nil
}

func (m *memory) wake() {
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *memory) snapshot() ([]storage.Action, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed && !m.flaws.answersClosed {
		return nil, storage.ErrClosed
	}
	return m.list, nil
}

func (m *memory) Search(ctx context.Context, q storage.Query) (storage.Page, error) {
	if ctx.Err() != nil && !m.flaws.ignoreContext {
		return storage.Page{}, ctx.Err()
	}
	list, err := m.snapshot()
	if err != nil {
		return storage.Page{}, err
	}
	if m.flaws.query != nil {
		m.flaws.query(&q)
	}
	if m.flaws.ignoreCursor {
		q.Cursor = ""
	}
	if m.flaws.offsetCursor {
		return m.offsetPage(q, list), nil
	}
	matcher, err := q.Compile()
	if err != nil {
		if !m.flaws.acceptAny {
			return storage.Page{}, err
		}
		matcher, _ = storage.Query{Limit: q.Limit % storage.MaxLimit}.Compile()
	}
	collector := storage.NewCollector(matcher)
	for i := range list {
		a := list[i]
		if !m.flaws.share {
			a = copyOf(&a)
		}
		if m.flaws.match == nil || m.flaws.match(&a) {
			collector.Offer(&a)
		}
	}
	page := collector.Page("")
	if m.flaws.compare != nil {
		slices.SortFunc(page.Actions, func(x, y storage.Action) int { return m.flaws.compare(&x, &y) })
	}
	if len(page.Actions) == 0 && m.flaws.nilWhenEmpty {
		page.Actions = nil
	}
	if m.flaws.page != nil {
		m.flaws.page(&page)
	}
	return page, nil
}

// offsetPage pages by counting, which arrivals disturb.
func (m *memory) offsetPage(q storage.Query, list []storage.Action) storage.Page {
	skip := len(q.Cursor)
	all := q
	all.Cursor, all.Limit = "", storage.NoLimit
	matcher, _ := all.Compile()
	collector := storage.NewCollector(matcher)
	for i := range list {
		a := copyOf(&list[i])
		collector.Offer(&a)
	}
	page := storage.Page{Actions: collector.Page("").Actions[skip:]}
	if q.Limit > 0 && len(page.Actions) > q.Limit {
		page.Actions = page.Actions[:q.Limit]
		page.Next = strings.Repeat("x", skip+q.Limit)
	}
	return page
}

func (m *memory) Stats(ctx context.Context, q storage.Query) (storage.Stats, error) {
	if ctx.Err() != nil && !m.flaws.ignoreContext {
		return storage.Stats{}, ctx.Err()
	}
	list, err := m.snapshot()
	if err != nil {
		return storage.Stats{}, err
	}
	q.Cursor, q.Limit, q.Sort = "", 0, ""
	matcher, err := q.Compile()
	if err != nil {
		return storage.Stats{}, err
	}
	sum := storage.NewSummer()
	for i := range list {
		if matcher.Match(&list[i]) {
			sum.Add(&list[i])
		}
	}
	var st storage.Stats
	sum.Fill(&st)
	if m.flaws.phantom {
		st.Total++
	}
	if m.flaws.nilMaps {
		st.ByService = nil
	}
	if m.flaws.stats != nil {
		m.flaws.stats(&st)
	}
	return st, nil
}

func (m *memory) Clear(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.flaws.clearNothing {
		m.list = nil
	}
	if m.flaws.clearForGood {
		m.most = 0
	}
	return nil
}

func (m *memory) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed && m.flaws.closeOnce {
		return storage.ErrClosed
	}
	m.closed = true
	if !m.flaws.followDeaf {
		m.wake()
	}
	return nil
}

func (m *memory) Newest() storage.ID {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.list) == 0 {
		return ""
	}
	if m.flaws.newestWrong {
		return m.list[0].ID
	}
	return m.list[len(m.list)-1].ID
}

func (m *memory) Follow(after storage.ID) storage.Cursor {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &memoryCursor{m: m, at: m.dropped}
	if n, ok := m.process.Number(after); ok {
		c.at = n
	}
	if m.flaws.followAgain && c.at > 0 {
		c.at--
	}
	return c
}

// memoryCursor counts actions from 1; at is the last one read.
type memoryCursor struct {
	m  *memory
	at uint64
}

func (c *memoryCursor) Next(ctx context.Context, buf []storage.Action) (n int, missed uint64, err error) {
	for {
		c.m.mu.Lock()
		flaws := &c.m.flaws
		if c.at < c.m.dropped {
			missed = c.m.dropped - c.at
			c.at = c.m.dropped
		}
		rest := c.m.list[c.at-c.m.dropped:]
		if c.m.closed && flaws.followDropsRest {
			rest = nil
		}
		n = copy(buf, rest)
		c.at += uint64(n)
		closed, changed := c.m.closed, c.m.changed
		c.m.mu.Unlock()
		if flaws.followSkips && n > 1 {
			n--
		}
		if flaws.missedWrong && missed > 0 {
			missed++
		}
		if flaws.missedZero {
			missed = 0
		}
		switch {
		case n > 0 || missed > 0 || flaws.followSpins:
			return n, missed, nil
		case closed && !flaws.followDeaf:
			return 0, 0, storage.ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		}
	}
}

func copyOf(a *storage.Action) storage.Action {
	c := *a
	if a.HTTP != nil {
		h := *a.HTTP
		c.HTTP = &h
	}
	c.Attrs = slices.Clone(a.Attrs)
	return c
}
