package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"actionlog/storage"
)

// service is a running service that is asked over its admin API.
type service struct {
	base   *url.URL
	token  string
	client *http.Client
}

const (
	askTimeout = 30 * time.Second
	mostAnswer = 64 << 20 // bytes of a page
	pollEvery  = time.Second
	mostPages  = 100 // that one poll reads to reach what it knows
)

// isURL reports whether an argument names a service and not a path.
func isURL(arg string) bool {
	return strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://")
}

// newService reads the URL of a service, or of its admin API.
func newService(text, token string) (*service, error) {
	base, err := url.Parse(text)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("the URL %q is not understood; allowed is one such as http://localhost:8000", text)
	}
	base.RawQuery, base.Fragment = "", ""
	if base.Path = strings.TrimRight(base.Path, "/"); base.Path == "" {
		base.Path = "/action-logs"
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &service{base, token, &http.Client{Timeout: askTimeout, CheckRedirect: noRedirect}}, nil
}

// page asks for one page.
func (v *service) page(ctx context.Context, q storage.Query) (storage.Page, error) {
	u := v.base.JoinPath("search")
	u.RawQuery = q.Values().Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return storage.Page{}, err
	}
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	resp, err := v.client.Do(req)
	if err != nil {
		return storage.Page{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return storage.Page{}, fmt.Errorf("read from %s: %w", v.base.Redacted(), err)
	}
	var answer struct {
		Actions []storage.Action
		Next    string
		Detail  string
	}
	err = json.Unmarshal(body, &answer)
	if resp.StatusCode != http.StatusOK {
		return storage.Page{}, fmt.Errorf("%s answers %s: %s", v.base.Redacted(), resp.Status, cutRunes(answer.Detail, 300))
	}
	if err != nil {
		return storage.Page{}, fmt.Errorf("what %s answers is no page of actions: %w", v.base.Redacted(), err)
	}
	return storage.Page{Actions: answer.Actions, Next: answer.Next}, nil
}

// poller hands out what a service has newly recorded.
type poller struct {
	v      *service
	q      storage.Query
	seen   map[storage.ID]time.Time
	newest time.Time // of those seen
}

// overlap is how much of what it has seen each poll asks for again, so that it
// misses nothing that was recorded a little out of order, and sees whether it
// missed more.
const overlap = 2 * time.Second

// last returns the newest n actions, oldest first, and remembers them.
func (p *poller) last(ctx context.Context, n int) ([]storage.Action, error) {
	p.q.Sort, p.q.Limit = storage.NewestFirst, storage.MaxLimit
	page, err := p.v.page(ctx, p.q)
	if err != nil {
		return nil, err
	}
	p.seen = map[storage.ID]time.Time{}
	p.remember(page.Actions)
	list := page.Actions[:min(n, len(page.Actions))]
	slices.Reverse(list)
	return list, nil
}

// next returns what is new, oldest first. missed tells that the service has
// forgotten some already.
func (p *poller) next(ctx context.Context) (list []storage.Action, missed bool, err error) {
	q, known := p.q, len(p.seen) == 0
	if floor := p.newest.Add(-overlap); !p.newest.IsZero() && floor.After(q.From) {
		q.From = floor
	}
	for range mostPages {
		page, err := p.v.page(ctx, q)
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
