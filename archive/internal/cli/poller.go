package cli

import (
	"context"
	"maps"
	"slices"
	"time"

	"actionlog/storage"
)

const (
	pollEvery = time.Second
	mostPages = 100 // that one poll reads to reach what it knows
)

// poller hands out what has newly come, where it can only ask for pages.
type poller struct {
	pages  func(context.Context, storage.Query) (storage.Page, error)
	q      storage.Query
	seen   map[storage.ID]time.Time
	newest time.Time // of those seen
	once   bool      // whether next is never asked
}

// overlap is how much of what it has seen each poll asks for again, so that it
// misses nothing that was recorded a little out of order, and sees whether it
// missed more.
const overlap = 2 * time.Second

// last returns the newest n actions, oldest first, and remembers them.
func (p *poller) last(ctx context.Context, n int) ([]storage.Action, error) {
	p.q.Sort = storage.NewestFirst
	q := p.q
	if q.Limit = storage.MaxLimit; p.once {
		q.Limit = max(n, 1)
	}
	page, err := p.pages(ctx, q)
	if err != nil {
		return nil, err
	}
	p.seen = map[storage.ID]time.Time{}
	p.remember(page.Actions)
	list := page.Actions[:min(n, len(page.Actions))]
	slices.Reverse(list)
	return list, nil
}

// next returns what is new, oldest first. missed tells that some were
// forgotten already where they are asked for.
func (p *poller) next(ctx context.Context) (list []storage.Action, missed bool, err error) {
	q, known := p.q, len(p.seen) == 0
	if floor := p.newest.Add(-overlap); !p.newest.IsZero() && floor.After(q.From) {
		q.From = floor
	}
	for range mostPages {
		page, err := p.pages(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for _, a := range page.Actions {
			if _, seen := p.seen[a.ID]; seen {
				known = true
			} else {
				list = append(list, a)
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	p.remember(list)
	slices.Reverse(list)
	return list, !known, nil
}

// remember notes what was seen, and forgets what no poll asks for again.
func (p *poller) remember(list []storage.Action) {
	for _, a := range list {
		p.seen[a.ID] = a.Time
		if a.Time.After(p.newest) {
			p.newest = a.Time
		}
	}
	if len(list) > 0 {
		maps.DeleteFunc(p.seen, func(_ storage.ID, t time.Time) bool { return t.Before(p.newest.Add(-overlap)) })
	}
}
