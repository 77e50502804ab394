package storetest

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"actionlog/storage"
)

// errorLister is a store that groups failures.
type errorLister interface {
	Errors(ctx context.Context, q storage.Query) ([]storage.ErrorGroup, error)
}

// actionLister is a store that ranges over its actions.
type actionLister interface {
	Actions(ctx context.Context, q storage.Query) iter.Seq2[storage.Action, error]
}

func needsErrors(s Store) string {
	if _, ok := s.Searcher.(errorLister); !ok {
		return "the store has no Errors"
	}
	return ""
}

func needsActions(s Store) string {
	if _, ok := s.Searcher.(actionLister); !ok {
		return "the store has no Actions"
	}
	return ""
}

func checkErrors(c *check) {
	store := c.store.Searcher.(errorLister)
	if got, err := store.Errors(c.Context(), storage.Query{}); err != nil || got == nil || len(got) != 0 {
		c.failf("errors of an empty store: got %v, %v; want a list that is empty and not nil", got, err)
	}
	all := c.fill(400)
	for _, q := range append(filters(all), storage.Query{Limit: 2}, storage.Query{Limit: storage.NoLimit}, storage.Query{Sort: storage.SlowestFirst, Limit: 3}) {
		got, err := store.Errors(c.Context(), q)
		if err != nil {
			c.fatalf("errors %s: %v", describe(q), err)
		}
		want := c.naiveErrors(q, all)
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || !sameGroup(&got[i], &want[i]) {
				c.failf("errors %s: group %d differs:\ngot  %+v\nwant %+v", describe(q), i, got[min(i, len(got)):], want[min(i, len(want)):])
				break
			}
		}
	}
	_, err := store.Errors(c.Context(), storage.Query{Status: "maybe"})
	c.wantParamError("errors of a status that is none", err, "status")
	_, err = store.Errors(c.Context(), storage.Query{From: day, To: day})
	c.wantParamError("errors with from after to", err, "to")
	ctx, cancel := cancelled(c.Context())
	defer cancel()
	if _, err := store.Errors(ctx, storage.Query{}); !errors.Is(err, ctx.Err()) {
		c.failf("errors: got the error %v, want one that wraps %v", err, ctx.Err())
	}
}

// naiveErrors groups the failures among all that q matches.
func (c *check) naiveErrors(q storage.Query, all []storage.Action) []storage.ErrorGroup {
	c.Helper()
	limit := q.Limit
	q.Limit = storage.NoLimit
	byTemplate := map[string][]storage.Action{}
	for _, a := range c.naive(q, all) {
		if a.Failed() {
			template := storage.FoldError(a.Error)
			byTemplate[template] = append(byTemplate[template], a)
		}
	}
	groups := []storage.ErrorGroup{}
	for template, list := range byTemplate {
		sortAs(list, storage.OldestFirst)
		last := &list[len(list)-1]
		services := map[string]bool{}
		for i := range list {
			services[list[i].Service] = true
		}
		groups = append(groups, storage.ErrorGroup{
			Template: template, Count: int64(len(list)), First: list[0].Time, Last: last.Time, Example: last.ID,
			Services: slices.Sorted(maps.Keys(services)),
		})
	}
	slices.SortFunc(groups, func(x, y storage.ErrorGroup) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), strings.Compare(x.Template, y.Template))
	})
	if limit > 0 {
		groups = groups[:min(limit, len(groups))]
	}
	return groups
}

func sameGroup(x, y *storage.ErrorGroup) bool {
	return x.Template == y.Template && x.Count == y.Count && x.First.Equal(y.First) && x.Last.Equal(y.Last) &&
		x.Example == y.Example && slices.Equal(x.Services, y.Services)
}

func checkActions(c *check) {
	store := c.store.Searcher.(actionLister)
	for a, err := range store.Actions(c.Context(), storage.Query{}) {
		c.failf("actions of an empty store: got %s, %v", text(&a), err)
	}
	all := c.fill(300)
	queries := append(filters(all), storage.Query{Limit: 7}, storage.Query{Sort: storage.SlowestFirst}, storage.Query{Limit: storage.NoLimit})
	late := at(-time.Hour, 1)
	late.Attrs = []storage.Attr{{Key: "came", Value: "late"}}
	all = append(all, c.put(late)...)
	for _, q := range queries {
		want := c.naiveActions(q, all)
		got := []storage.Action{}
		for a, err := range store.Actions(c.Context(), q) {
			if err != nil {
				c.fatalf("actions %s: %v", describe(q), err)
			}
			got = append(got, a)
		}
		c.want(q, got, want)
	}
	n := 0
	for range store.Actions(c.Context(), storage.Query{}) {
		if n++; n == 3 {
			break
		}
	}
	c.wantActionsError(c.Context(), storage.Query{From: day, To: day}, func(err error) { c.wantParamError("actions with from after to", err, "to") })
	ctx, cancel := cancelled(c.Context())
	defer cancel()
	c.wantActionsError(ctx, storage.Query{}, func(err error) {
		if !errors.Is(err, ctx.Err()) {
			c.failf("actions: got the error %v, want one that wraps %v", err, ctx.Err())
		}
	})
}

// naiveActions is what Actions gives of all.
func (c *check) naiveActions(q storage.Query, all []storage.Action) []storage.Action {
	c.Helper()
	limit := q.Limit
	q.Sort, q.Limit = storage.OldestFirst, storage.NoLimit
	want := c.naive(q, all)
	if limit > 0 {
		want = want[:min(limit, len(want))]
	}
	return want
}

// wantActionsError tests that Actions gives an error and no action.
func (c *check) wantActionsError(ctx context.Context, q storage.Query, test func(error)) {
	c.Helper()
	got := 0
	for a, err := range c.store.Searcher.(actionLister).Actions(ctx, q) {
		if got++; err == nil {
			c.failf("actions %s: got %s, want an error", describe(q), text(&a))
			return
		}
		test(err)
	}
	if got != 1 {
		c.failf("actions %s: got %d errors, want one", describe(q), got)
	}
}
