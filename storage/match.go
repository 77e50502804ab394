package storage

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Matcher is a query made ready to be asked of many actions: checked, with
// its cursor decoded and its text folded. It is safe for concurrent use.
type Matcher struct {
	q     Query
	after position // where the page begins; zero for the first page
	paged bool     // whether after counts
	text  string   // q.Text in lower case
	from  int64    // nanoseconds since 1970; minInt64 for no bound
	to    int64    // maxInt64 for no bound
	most  time.Duration
}

const (
	minInt64 = -1 << 63
	maxInt64 = 1<<63 - 1
)

// Compile checks the query and makes it ready. The error is a [*ParamError].
func (q Query) Compile() (*Matcher, error) {
	if err := q.validate(); err != nil {
		return nil, err
	}
	m := &Matcher{q: q, text: foldASCII(q.Text), from: minInt64, to: maxInt64, most: maxInt64}
	if q.Cursor != "" {
		c, err := q.decodeCursor()
		if err != nil {
			return nil, err
		}
		m.paged, m.after = true, c.last
		m.q.From, m.q.To = c.from, c.to
	}
	if err := m.q.validateRange(); err != nil {
		return nil, err
	}
	if !m.q.From.IsZero() {
		m.from = m.q.From.UnixNano()
	}
	if !m.q.To.IsZero() {
		m.to = m.q.To.UnixNano()
	}
	if q.MaxDuration != 0 {
		m.most = q.MaxDuration
	}
	return m, nil
}

// Query returns the query with its cursor's moments in From and To.
func (m *Matcher) Query() Query { return m.q }

// Bounds returns the moments between which a match ends, in nanoseconds since
// 1970: from inclusive, to exclusive.
func (m *Matcher) Bounds() (from, to int64) { return m.from, m.to }

// Keys returns the least and the greatest of what the query sorts by that an
// action on this page or a later one can have: its time in nanoseconds since
// 1970, or its duration.
func (m *Matcher) Keys() (low, high int64) {
	switch {
	case !m.paged:
		return minInt64, maxInt64
	case m.q.Sort.Descending():
		return minInt64, m.after.key
	}
	return m.after.key, maxInt64
}

// Upper returns the id that the cursor's first page saw as the newest, or ""
// if there is none. Actions with greater ids came later and never match.
func (m *Matcher) Upper() ID { return m.after.upper }

// After returns the place at which the page before this one ended: the sort key
// and the id of its last action. It reports false for the first page. A match
// of a later page has a lesser key, or the same key and a lesser id, in a
// descending order; a greater one in an ascending order.
func (m *Matcher) After() (key int64, id ID, ok bool) { return m.after.key, m.after.id, m.paged }

// Limit returns how many actions the page may hold, or NoLimit.
func (m *Matcher) Limit() int { return m.q.limit() }

// Match reports whether the action is what the query asks for and belongs on
// this page or a later one.
func (m *Matcher) Match(a *Action) bool {
	return m.matchHead(a) && m.matchText(a) && m.matchCursor(a)
}

// matchHead compares what is cheap to compare.
func (m *Matcher) matchHead(a *Action) bool {
	q := &m.q
	switch {
	case q.Status != "" && a.Status != q.Status,
		a.Duration < q.MinDuration || a.Duration > m.most,
		len(q.Services) > 0 && !slices.Contains(q.Services, a.Service),
		len(q.Actions) > 0 && !slices.Contains(q.Actions, a.Action),
		q.Instance != "" && a.Instance != q.Instance,
		q.ID != "" && a.ID != q.ID,
		!q.TraceID.IsZero() && a.TraceID != q.TraceID,
		q.RequestID != "" && (a.HTTP == nil || a.HTTP.RequestID != q.RequestID),
		!q.Code.IsZero() && (a.HTTP == nil || !q.Code.Contains(a.HTTP.Code)):
		return false
	}
	if m.from == minInt64 && m.to == maxInt64 {
		return true
	}
	t := a.Time.UnixNano()
	return m.from <= t && t < m.to
}

func (m *Matcher) matchText(a *Action) bool {
	if m.text == "" {
		return true
	}
	return containsFold(a.Error, m.text) || containsFold(a.Action, m.text) || containsFold(a.Service, m.text) ||
		a.HTTP != nil && (containsFold(a.HTTP.Route, m.text) || containsFold(a.HTTP.RequestID, m.text))
}

func (m *Matcher) matchCursor(a *Action) bool {
	if !m.paged {
		return true
	}
	if m.after.upper != "" && a.ID > m.after.upper {
		return false
	}
	return m.compareKey(m.keyOf(a), a.ID, m.after.key, m.after.id) > 0
}

// keyOf returns what the query sorts by, as a number.
func (m *Matcher) keyOf(a *Action) int64 {
	if m.q.Sort.ByDuration() {
		return int64(a.Duration)
	}
	return a.Time.UnixNano()
}

// compareKey orders two places of the page: negative if x comes first.
func (m *Matcher) compareKey(xKey int64, xID ID, yKey int64, yID ID) int {
	c := cmp.Or(cmp.Compare(xKey, yKey), strings.Compare(string(xID), string(yID)))
	if m.q.Sort.Descending() {
		return -c
	}
	return c
}

// Compare orders two actions as the page does: negative if x comes first.
func (m *Matcher) Compare(x, y *Action) int {
	return m.compareKey(m.keyOf(x), x.ID, m.keyOf(y), y.ID)
}

// foldASCII returns s with its ASCII letters in lower case.
func foldASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// containsFold reports whether s contains lower, which is folded and not
// empty, when the ASCII letters of s are folded too.
func containsFold(s, lower string) bool {
	first := lower[0]
	upper := first
	if 'a' <= first && first <= 'z' {
		upper = first &^ 0x20
	}
	for i := 0; i+len(lower) <= len(s); i++ {
		if c := s[i]; (c == first || c == upper) && equalFold(s[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}

func equalFold(s, lower string) bool {
	for i := range len(lower) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
