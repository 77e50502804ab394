package storetest

import (
	"time"

	"actionlog/storage"
)

var sorts = []storage.Sort{"", storage.NewestFirst, storage.OldestFirst, storage.SlowestFirst, storage.FastestFirst}

func checkOrder(c *check) {
	all := c.fill(300)
	for _, order := range sorts {
		for _, limit := range []int{storage.NoLimit, 50} {
			q := storage.Query{Sort: order, Limit: limit}
			want := c.naive(q, all)
			if limit > 0 {
				want = want[:limit]
			}
			c.want(q, c.search(q).Actions, want)
		}
	}
}

func checkLate(c *check) {
	all := c.put(at(10*time.Minute, 3), at(20*time.Minute, 1))
	all = append(all, c.put(at(5*time.Minute, 2), at(15*time.Minute, 4))...)
	for _, order := range sorts {
		q := storage.Query{Sort: order, Limit: 3}
		c.want(q, c.search(q).Actions, c.naive(q, all)[:3])
	}
}

func checkLimit(c *check) {
	all := c.fill(150)
	for _, test := range []struct{ limit, want int }{{0, 100}, {1, 1}, {99, 99}, {100, 100}, {149, 149}, {150, 150}, {1000, 150}, {storage.NoLimit, 150}} {
		q := storage.Query{Limit: test.limit}
		page := c.search(q)
		c.want(q, page.Actions, c.naive(q, all)[:test.want])
		if more := test.want < len(all); (page.Next != "") != more {
			c.failf("search %s: %d of %d actions came with the cursor %q", describe(q), len(page.Actions), len(all), page.Next)
		}
	}
}

// pages follows the cursors of a query to the end and returns all that came.
// between is called after each page.
func (c *check) pages(q storage.Query, between func()) []storage.Action {
	c.Helper()
	const most = 400
	got := []storage.Action{}
	for range most {
		page := c.search(q)
		got = append(got, page.Actions...)
		if page.Next == "" {
			return got
		}
		if len(page.Actions) == 0 {
			c.fatalf("search %s: an empty page came with a cursor", describe(q))
		}
		q.Cursor = page.Next
		between()
	}
	c.fatalf("search %s: no end after %d pages", describe(q), most)
	return nil
}

func checkPaging(c *check) {
	all := c.fill(250)
	for _, order := range sorts {
		for _, q := range []storage.Query{
			{Limit: 7}, {Limit: 50}, {Limit: 250}, {Limit: 1, Status: storage.Failed, Services: []string{"CaseService"}},
			{Limit: 3, MinDuration: 0, MaxDuration: time.Millisecond}, {Limit: 10, From: all[100].Time, Text: "e"},
		} {
			q.Sort = order
			c.want(q, c.pages(q, func() {}), c.naive(q, all))
		}
	}
}

func checkPagingLive(c *check) {
	all := c.fill(120)
	for _, order := range sorts[1:] {
		q := storage.Query{Sort: order, Limit: 20}
		want := map[storage.ID]bool{}
		for _, a := range c.all() {
			want[a.ID] = true
		}
		seen := map[storage.ID]int{}
		for _, a := range c.pages(q, func() { c.send(c.data.take(3)) }) {
			seen[a.ID]++
			if seen[a.ID] > 1 {
				c.failf("search %s: this action came %d times:\n%s", describe(q), seen[a.ID], text(&a))
				return
			}
		}
		for id := range want {
			if seen[id] == 0 {
				c.failf("search %s: the action with id %s was there from the start and did not come", describe(q), id)
				return
			}
		}
		if len(want) < len(all) {
			c.fatalf("search: only %d of %d actions", len(want), len(all))
		}
	}
}

func checkCursor(c *check) {
	all := c.fill(50)
	first := storage.Query{Limit: 10, Status: storage.Success}
	cursor := c.search(first).Next
	if cursor == "" {
		c.fatalf("search %s: no cursor although there are more", describe(first))
	}
	second := first
	second.Cursor, second.Limit = cursor, 5
	c.want(second, c.search(second).Actions, c.naive(first, all)[10:15])

	for what, change := range map[string]func(q *storage.Query){
		"another status":  func(q *storage.Query) { q.Status = "" },
		"another order":   func(q *storage.Query) { q.Sort = storage.OldestFirst },
		"another service": func(q *storage.Query) { q.Services = []string{"CaseService"} },
		"another text":    func(q *storage.Query) { q.Text = "e" },
		"a changed byte": func(q *storage.Query) {
			b := []byte(q.Cursor)
			b[len(b)/2] ^= 1
			q.Cursor = string(b)
		},
		"a missing end": func(q *storage.Query) { q.Cursor = q.Cursor[:len(q.Cursor)-3] },
	} {
		q := second
		change(&q)
		_, err := c.store.Search(c.Context(), q)
		c.wantParamError("search with "+what, err, "cursor")
	}
}
