package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"actionlog/storage"
)

// check is one run of a rule on a store.
type check struct {
	reporter
	store Store
	rule  *rule
	data  *source // for put
}

// failf reports that the rule is broken.
func (c *check) failf(format string, args ...any) {
	c.Helper()
	c.Errorf("rule %s is broken: %s:\n%s", c.rule.name, c.rule.says, fmt.Sprintf(format, args...))
}

// fatalf reports that the rule is broken and ends its run.
func (c *check) fatalf(format string, args ...any) {
	c.Helper()
	c.Fatalf("rule %s is broken: %s:\n%s", c.rule.name, c.rule.says, fmt.Sprintf(format, args...))
}

// put stores cleaned copies of the actions and returns them as the store has
// them, with their ids, in the order of Put.
func (c *check) put(actions ...storage.Action) []storage.Action {
	c.Helper()
	before := c.all()
	batch := c.send(actions)
	return c.found(batch, before)
}

// send stores cleaned copies of the actions and returns them.
func (c *check) send(actions []storage.Action) []storage.Action {
	c.Helper()
	if c.data == nil {
		c.data = newSource()
	}
	batch := make([]storage.Action, len(actions))
	for i := range actions {
		batch[i] = clone(&actions[i])
		storage.DefaultRedactor().Clean(&batch[i])
		if c.store.AssignsIDs {
			batch[i].ID = ""
		} else if batch[i].ID == "" {
			batch[i].ID = c.data.id()
		}
	}
	offered := make([]storage.Action, len(batch))
	for i := range batch {
		offered[i] = clone(&batch[i])
	}
	if err := c.store.Put(c.Context(), offered); err != nil {
		c.fatalf("Put of %d actions: %v", len(batch), err)
	}
	return batch
}

// found returns the actions of batch as the store has them. before are those
// that were there already. Equal actions of a batch are told apart by the
// order of their ids.
func (c *check) found(batch, before []storage.Action) []storage.Action {
	c.Helper()
	old := map[storage.ID]bool{}
	for i := range before {
		old[before[i].ID] = true
	}
	byContent := map[string][]storage.Action{}
	now := c.all()
	slices.SortFunc(now, func(x, y storage.Action) int { return cmp.Compare(x.ID, y.ID) })
	var fresh []storage.Action
	for _, a := range now {
		if !old[a.ID] {
			fresh = append(fresh, a)
			byContent[c.content(&a)] = append(byContent[c.content(&a)], a)
		}
	}
	got := make([]storage.Action, 0, len(batch))
	for i := range batch {
		key := c.content(&batch[i])
		same := byContent[key]
		if len(same) == 0 {
			c.fatalf("of %d actions put, %d were found, and one that was put is not among them as it was:\nput   %s\nfound %s", len(batch), len(fresh), text(&batch[i]), nearest(&batch[i], fresh))
		}
		got = append(got, clone(&same[0]))
		byContent[key] = same[1:]
	}
	if len(fresh) != len(batch) {
		c.fatalf("%d actions were put, but %d were found", len(batch), len(fresh))
	}
	return got
}

// content returns what must be the same of an action put and an action found.
func (c *check) content(a *storage.Action) string {
	if !c.store.AssignsIDs {
		return text(a)
	}
	anonymous := *a
	anonymous.ID = ""
	return text(&anonymous)
}

// nearest returns the action found that looks most like the one put.
func nearest(a *storage.Action, found []storage.Action) string {
	best, most, want := "nothing", -1, text(a)
	for i := range found {
		got := text(&found[i])
		if n := shared(got, want); n > most {
			best, most = got, n
		}
	}
	return best
}

// shared returns how many bytes at the start and at the end are the same.
func shared(x, y string) int {
	n := min(len(x), len(y))
	start := 0
	for start < n && x[start] == y[start] {
		start++
	}
	end := 0
	for end < n-start && x[len(x)-1-end] == y[len(y)-1-end] {
		end++
	}
	return start + end
}

// all returns what the store holds.
func (c *check) all() []storage.Action {
	c.Helper()
	return c.search(storage.Query{Limit: storage.NoLimit}).Actions
}

// search returns the page of a query that must not fail.
func (c *check) search(q storage.Query) storage.Page {
	c.Helper()
	page, err := c.store.Search(c.Context(), q)
	if err != nil {
		c.fatalf("search %s: %v", describe(q), err)
	}
	return page
}

// want compares a page with the actions that it should hold.
func (c *check) want(q storage.Query, got, want []storage.Action) {
	c.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i == len(got):
			c.failf("search %s: got %d actions, want %d; the first missing is\n%s", describe(q), len(got), len(want), text(&want[i]))
			return
		case i == len(want):
			c.failf("search %s: got %d actions, want %d; the first too many is\n%s", describe(q), len(got), len(want), text(&got[i]))
			return
		case text(&got[i]) != text(&want[i]):
			c.failf("search %s: action %d of %d differs:\ngot  %s\nwant %s", describe(q), i, len(want), text(&got[i]), text(&want[i]))
			return
		}
	}
}

// naive answers a query without its limit from a list.
func (c *check) naive(q storage.Query, all []storage.Action) []storage.Action {
	c.Helper()
	m, err := q.Compile()
	if err != nil {
		c.fatalf("compile %s: %v", describe(q), err)
	}
	matches := []storage.Action{}
	for i := range all {
		if m.Match(&all[i]) {
			matches = append(matches, all[i])
		}
	}
	sortAs(matches, q.Sort)
	return matches
}

// sortAs sorts by the key and then by the bytes of the id.
func sortAs(actions []storage.Action, order storage.Sort) {
	slices.SortFunc(actions, func(x, y storage.Action) int {
		key := x.Time.Compare(y.Time)
		if order.ByDuration() {
			key = cmp.Compare(x.Duration, y.Duration)
		}
		key = cmp.Or(key, strings.Compare(string(x.ID), string(y.ID)))
		if order.Descending() {
			return -key
		}
		return key
	})
}

// text is an action as JSON: all of it, one line.
func text(a *storage.Action) string { return string(a.AppendJSON(nil)) }

// describe is a query as its parameters.
func describe(q storage.Query) string {
	s := "{" + q.Values().Encode()
	if q.Limit == storage.NoLimit {
		s += " all"
	}
	return s + "}"
}

// clone returns a copy that shares no memory that can be changed.
func clone(a *storage.Action) storage.Action {
	c := *a
	if a.HTTP != nil {
		h := *a.HTTP
		c.HTTP = &h
	}
	c.Attrs = slices.Clone(a.Attrs)
	return c
}
