package storetest

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"time"

	"actionlog/storage"
)

func checkEmpty(c *check) {
	page := c.search(storage.Query{})
	if page.Actions == nil {
		c.failf("search: the actions are nil; an empty list must not be")
	}
	if len(page.Actions) != 0 || page.Next != "" {
		c.failf("search: got %d actions and the cursor %q of a new store", len(page.Actions), page.Next)
	}
	st, err := c.store.Stats(c.Context(), storage.Query{})
	if err != nil {
		c.fatalf("stats: %v", err)
	}
	if st.Total != 0 || st.Failed != 0 || len(st.ByService) != 0 || len(st.Services) != 0 {
		c.failf("stats: got total %d, failed %d, byService %v, services %v", st.Total, st.Failed, st.ByService, st.Services)
	}
	if st.ByService == nil || st.Services == nil {
		c.failf("stats: byService or services is nil; an empty map must not be")
	}
}

func checkFields(c *check) {
	trace, _ := storage.ParseTraceID("4bf92f3577b34da6a3ce929d0e0e4736")
	span, _ := storage.ParseSpanID("00f067aa0ba902b7")
	full := storage.Action{
		Time: day.Add(123456789), Service: "CaseService", Action: "createCase", Status: storage.Failed,
		Duration: 45*time.Millisecond + 678901, Error: "connection refused", TraceID: trace, SpanID: span, Instance: "eu-1",
		HTTP: &storage.HTTP{
			Method: "POST", Route: "/cases/{id}", Path: "/cases/4711?page=2", Code: 503, Bytes: 1 << 40,
			Remote: netip.MustParseAddr("2001:db8::7"), RequestID: "req-1", Outcome: storage.Streamed,
		},
		Attrs: []storage.Attr{{Key: "z", Value: "1"}, {Key: "a", Value: ""}, {Key: "m", Value: "x y"}},
	}
	least := storage.Action{Time: day, Service: "s", Action: "a", Status: storage.Success}
	variants := []storage.Action{full, least}
	vary := func(change func(a *storage.Action)) {
		a := clone(&full)
		change(&a)
		variants = append(variants, a)
	}
	vary(func(a *storage.Action) { a.Error = "" })
	vary(func(a *storage.Action) { a.HTTP = nil })
	vary(func(a *storage.Action) { a.Attrs = nil })
	vary(func(a *storage.Action) { a.TraceID = storage.TraceID{} })
	vary(func(a *storage.Action) { a.SpanID = storage.SpanID{} })
	vary(func(a *storage.Action) { a.HTTP.Code, a.HTTP.Bytes = 0, 0 })
	vary(func(a *storage.Action) { a.HTTP.Remote = netip.MustParseAddr("10.1.2.3") })
	vary(func(a *storage.Action) { a.HTTP.Remote = netip.MustParseAddr("fe80::1%eth0") })
	vary(func(a *storage.Action) { a.HTTP.Remote = netip.Addr{} })
	for _, o := range []storage.Outcome{"", storage.Panic, storage.Aborted, storage.Hijacked} {
		vary(func(a *storage.Action) { a.HTTP.Outcome = o })
	}
	for _, d := range []time.Duration{0, 1, 999_999, 1_500_000, 26*time.Hour + 1} {
		vary(func(a *storage.Action) { a.Duration = d })
	}
	for _, d := range []time.Duration{0, 1, 999, time.Millisecond, 24*time.Hour - 1, 24 * time.Hour} {
		vary(func(a *storage.Action) { a.Time = day.Add(d) })
	}
	vary(func(a *storage.Action) {
		for len(a.Attrs) < storage.MaxAttrs {
			a.Attrs = append(a.Attrs, storage.Attr{Key: strings.Repeat("k", len(a.Attrs)), Value: strings.Repeat("v", storage.MaxAttrValue)})
		}
	})
	for i := range variants {
		c.put(variants[i])
	}
}

// hostile are texts that break what is put together from text.
var hostile = []string{
	"'; DROP TABLE action_logs; --", `"quoted"`, `back\slash\`, "100%_of?*", "a\x00b", "tab\tnew\nline\r\n", "\x1b[31mred\x1b[0m",
	"\u2028\u2029\u0085", "\u202egnp.exe", "<script>alert(1)</script>&amp;", "🙂👩‍👩‍👧", "Größe 服务 שירות", "e\u0301", "{\"timestamp\":1}",
	"null", "\xff\xfe not UTF-8", "${x} {{x}} %s %d", " leading and trailing ", "\ufeffBOM", "\U0010ffff", strings.Repeat("ü", 600),
}

func checkHostileText(c *check) {
	for _, s := range hostile {
		a := storage.Action{
			Time: day, Service: s, Action: s, Status: storage.Failed, Error: s, Instance: s,
			HTTP:  &storage.HTTP{Method: "GET", Route: s, Path: s, RequestID: s},
			Attrs: []storage.Attr{{Key: s, Value: s}},
		}
		got := c.put(a)[0]
		for _, q := range []storage.Query{
			{Services: []string{got.Service}}, {Actions: []string{got.Action}}, {Instance: got.Instance},
			{RequestID: got.HTTP.RequestID}, {Text: got.Service}, {ID: got.ID},
		} {
			page := c.search(q)
			if len(page.Actions) != 1 || text(&page.Actions[0]) != text(&got) {
				c.failf("search %s: got %d actions, want the one with the text %q", describe(q), len(page.Actions), got.Service)
			}
		}
	}
}

func checkIDs(c *check) {
	given := c.data
	if given == nil {
		given = newSource()
		c.data = given
	}
	batch := given.take(40)
	got := c.put(batch...)
	got = append(got, c.put(given.take(10)...)...)
	seen := map[storage.ID]bool{}
	for i, a := range got {
		if a.ID == "" || seen[a.ID] {
			c.failf("action %d has the id %q, which is empty or not its own", i, a.ID)
		}
		seen[a.ID] = true
		if c.store.AssignsIDs && i > 0 && a.ID <= got[i-1].ID {
			c.failf("action %d has the id %q, which is not greater than %q of the one before", i, a.ID, got[i-1].ID)
		}
	}
	if c.store.AssignsIDs {
		return
	}
	foreign := given.next()
	foreign.ID = "018f2f6e-0000-7000-8000-ABCDEF012345"
	c.put(foreign) // compares the id too
}

func checkOwnership(c *check) {
	want := c.fill(20)
	batch := c.data.take(1)
	batch[0].HTTP = &storage.HTTP{Method: "GET", Path: "/mine", RequestID: "mine"}
	storage.DefaultRedactor().Clean(&batch[0])
	if c.store.AssignsIDs {
		batch[0].ID = ""
	} else {
		batch[0].ID = c.data.id()
	}
	kept := clone(&batch[0])
	if err := c.store.Put(c.Context(), batch); err != nil {
		c.fatalf("Put: %v", err)
	}
	scribble(batch)
	want = append(want, c.found([]storage.Action{kept}, want)...)

	scribble(c.all())
	q := storage.Query{Sort: storage.OldestFirst}
	c.want(q, c.search(q).Actions, c.naive(q, want))
}

// scribble changes all that the actions hold.
func scribble(list []storage.Action) {
	for i := range list {
		a := &list[i]
		for k := range a.Attrs {
			a.Attrs[k] = storage.Attr{Key: "scribbled", Value: "over"}
		}
		if a.HTTP != nil {
			*a.HTTP = storage.HTTP{Method: "SCRIBBLED"}
		}
		*a = storage.Action{Service: "scribbled"}
	}
}

func checkContext(c *check) {
	c.fill(10)
	ctx, cancel := cancelled(c.Context())
	defer cancel()
	if _, err := c.store.Search(ctx, storage.Query{}); !errors.Is(err, ctx.Err()) {
		c.failf("search: got the error %v, want one that wraps %v", err, ctx.Err())
	}
	if _, err := c.store.Stats(ctx, storage.Query{}); !errors.Is(err, ctx.Err()) {
		c.failf("stats: got the error %v, want one that wraps %v", err, ctx.Err())
	}
}

func checkConcurrent(c *check) {
	const writers, batches, size = 4, 10, 5
	c.data = newSource()
	var work [writers][][]storage.Action
	for w := range work {
		for range batches {
			work[w] = append(work[w], c.data.take(size))
		}
	}
	var wg, readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				page, err := c.store.Search(c.Context(), storage.Query{Sort: storage.SlowestFirst})
				if err != nil {
					c.failf("search while others put: %v", err)
					return
				}
				for i := 1; i < len(page.Actions); i++ {
					if page.Actions[i].Duration > page.Actions[i-1].Duration {
						c.failf("search while others put: action %d is slower than the one before", i)
						return
					}
				}
				if _, err := c.store.Stats(c.Context(), storage.Query{}); err != nil {
					c.failf("stats while others put: %v", err)
					return
				}
			}
		})
	}
	var mu sync.Mutex // guards c.data, which send takes ids from
	var sent []storage.Action
	for w := range work {
		wg.Go(func() {
			for _, batch := range work[w] {
				mu.Lock()
				for i := range batch {
					storage.DefaultRedactor().Clean(&batch[i])
					if !c.store.AssignsIDs {
						batch[i].ID = c.data.id()
					}
					sent = append(sent, clone(&batch[i]))
				}
				mu.Unlock()
				if err := c.store.Put(c.Context(), batch); err != nil {
					c.failf("Put while others put: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(done)
	readers.Wait()
	c.found(sent, nil)
}

func checkClear(c *check) {
	c.fill(30)
	if err := c.store.Searcher.(storage.Clearer).Clear(c.Context()); err != nil {
		c.fatalf("clear: %v", err)
	}
	checkEmpty(c)
	after := c.fill(20)
	q := storage.Query{}
	c.want(q, c.search(q).Actions, c.naive(q, after))
	st, err := c.store.Stats(c.Context(), storage.Query{})
	if err != nil || st.Total != int64(len(after)) {
		c.failf("stats: got total %d (error %v) after %d actions were put into the cleared store", st.Total, err, len(after))
	}
}

func checkClosed(c *check) {
	c.fill(5)
	if err := c.store.Close(); err != nil {
		c.failf("close: %v", err)
	}
	if _, err := c.store.Search(c.Context(), storage.Query{}); !errors.Is(err, storage.ErrClosed) {
		c.failf("search: got the error %v, want ErrClosed", err)
	}
	if _, err := c.store.Stats(c.Context(), storage.Query{}); !errors.Is(err, storage.ErrClosed) {
		c.failf("stats: got the error %v, want ErrClosed", err)
	}
	c.closedLists()
	if err := c.store.Close(); err != nil {
		c.failf("close again: %v", err)
	}
}

// closedLists asks a closed store for what only some stores have.
func (c *check) closedLists() {
	c.Helper()
	if s, ok := c.store.Searcher.(errorLister); ok {
		if _, err := s.Errors(c.Context(), storage.Query{}); !errors.Is(err, storage.ErrClosed) {
			c.failf("errors: got the error %v, want ErrClosed", err)
		}
	}
	if s, ok := c.store.Searcher.(seriesLister); ok {
		if _, err := s.Series(c.Context(), storage.Query{}, time.Hour); !errors.Is(err, storage.ErrClosed) {
			c.failf("series: got the error %v, want ErrClosed", err)
		}
	}
	if _, ok := c.store.Searcher.(actionLister); ok {
		c.wantActionsError(c.Context(), storage.Query{}, func(err error) {
			if !errors.Is(err, storage.ErrClosed) {
				c.failf("actions: got the error %v, want ErrClosed", err)
			}
		})
	}
}
