package storage

import "slices"

// Page is one page of a query's answer.
type Page struct {
	Actions []Action // in the query's order, never nil; the caller's own
	Next    string   // the Query.Cursor of the next page; empty on the last one
}

// Collector makes a page out of actions offered in any order: it keeps the
// best of them, in memory bounded by the query's limit. A store's Search is a
// loop over what it holds and a Collector. It is not safe for concurrent use.
type Collector struct {
	m     *Matcher
	limit int // one more than the page, to know whether another page follows
	kept  []Action
	heap  bool // kept is a heap with the worst on top
}

// NewCollector returns an empty collector for the page that m asks for.
func NewCollector(m *Matcher) *Collector {
	limit := m.Limit()
	if limit == NoLimit {
		return &Collector{m: m, limit: limit, kept: []Action{}}
	}
	limit++
	return &Collector{m: m, limit: limit, kept: make([]Action, 0, min(limit, DefaultLimit+1))}
}

// Offer takes a copy of the action if it matches and belongs among the best
// so far. The caller offers no action twice.
func (c *Collector) Offer(a *Action) {
	if c.Wants(a) && c.m.Match(a) {
		c.add(*a)
	}
}

// Full reports whether a page is filled, so that only better actions than
// [Collector.Worst] are still taken.
func (c *Collector) Full() bool { return c.limit != NoLimit && len(c.kept) >= c.limit }

// Worst returns the last of the actions kept, once [Collector.Full].
func (c *Collector) Worst() *Action {
	c.heapify()
	return &c.kept[0]
}

// Wants reports whether an action with this one's key and id could still be
// taken; it does not ask whether it matches.
func (c *Collector) Wants(a *Action) bool {
	return !c.Full() || c.m.Compare(a, c.Worst()) < 0
}

func (c *Collector) add(a Action) {
	if !c.Full() {
		c.kept = append(c.kept, a)
		c.heap = false
		return
	}
	c.heapify()
	c.kept[0] = a
	c.sink(0)
}

// heapify orders kept so that the worst is first and each parent is no better
// than its children.
func (c *Collector) heapify() {
	if c.heap {
		return
	}
	for i := len(c.kept)/2 - 1; i >= 0; i-- {
		c.sink(i)
	}
	c.heap = true
}

func (c *Collector) sink(i int) {
	for {
		worst := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(c.kept) && c.m.Compare(&c.kept[child], &c.kept[worst]) > 0 {
				worst = child
			}
		}
		if worst == i {
			return
		}
		c.kept[i], c.kept[worst] = c.kept[worst], c.kept[i]
		i = worst
	}
}

// Page returns the page. upper is the newest id that the store held when the
// first page was made, or "" if the store has no such bound; it travels in
// the cursor. The collector is spent.
func (c *Collector) Page(upper ID) Page {
	slices.SortFunc(c.kept, func(x, y Action) int { return c.m.Compare(&x, &y) })
	page := Page{Actions: c.kept}
	if limit := c.m.Limit(); limit != NoLimit && len(c.kept) > limit {
		page.Actions = c.kept[:limit:limit]
		if u := c.m.Upper(); u != "" {
			upper = u
		}
		page.Next = c.m.cursorAfter(&page.Actions[limit-1], upper)
	}
	return page
}
