package storage_test

import (
	"net/url"
	"testing"

	"actionlog/storage"
)

func compile(t testing.TB, q storage.Query) *storage.Matcher {
	t.Helper()
	m, err := q.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMatch(t *testing.T) {
	t.Parallel()
	a := full() // failed, 45,123,456 ns, 2025-11-13T12:00:00.123456789Z, code 201
	end := a.Time
	other, _ := storage.ParseTraceID("ffffffffffffffffffffffffffffffff")
	tests := []struct {
		name string
		q    storage.Query
		want bool
	}{
		{"zero", storage.Query{}, true},
		{"service", storage.Query{Services: []string{"x", "CaseService"}}, true},
		{"service-other", storage.Query{Services: []string{"x", "caseservice"}}, false},
		{"action", storage.Query{Actions: []string{"POST /cases/{id}"}}, true},
		{"action-other", storage.Query{Actions: []string{"POST /cases"}}, false},
		{"status", storage.Query{Status: storage.Failed}, true},
		{"status-other", storage.Query{Status: storage.Success}, false},
		{"instance", storage.Query{Instance: "eu-1"}, true},
		{"instance-other", storage.Query{Instance: "eu"}, false},
		{"from-inclusive", storage.Query{From: end}, true},
		{"from-later", storage.Query{From: end.Add(1)}, false},
		{"to-exclusive", storage.Query{To: end}, false},
		{"to-later", storage.Query{To: end.Add(1)}, true},
		{"least-inclusive", storage.Query{MinDuration: 45123456}, true},
		{"least-greater", storage.Query{MinDuration: 45123457}, false},
		{"most-inclusive", storage.Query{MaxDuration: 45123456}, true},
		{"most-smaller", storage.Query{MaxDuration: 45123455}, false},
		{"code", storage.Query{Code: storage.Code(201)}, true},
		{"code-class", storage.Query{Code: storage.Class(2)}, true},
		{"code-ends", storage.Query{Code: storage.CodeRange{Low: 201, High: 201}}, true},
		{"code-below", storage.Query{Code: storage.CodeRange{Low: 202, High: 300}}, false},
		{"code-above", storage.Query{Code: storage.CodeRange{Low: 100, High: 200}}, false},
		{"request-id", storage.Query{RequestID: "7c9e6679-7425-40de-944b"}, true},
		{"request-id-case", storage.Query{RequestID: "7C9E6679-7425-40DE-944B"}, false},
		{"trace-id", storage.Query{TraceID: a.TraceID}, true},
		{"trace-id-other", storage.Query{TraceID: other}, false},
		{"id", storage.Query{ID: a.ID}, true},
		{"id-other", storage.Query{ID: a.ID + "x"}, false},
		{"text-in-error", storage.Query{Text: "REFUSED"}, true},
		{"text-in-action", storage.Query{Text: "post /"}, true},
		{"text-in-service", storage.Query{Text: "CASESERVICE"}, true},
		{"text-in-route", storage.Query{Text: "/{ID}"}, true},
		{"text-in-request-id", storage.Query{Text: "40DE-944B"}, true},
		{"text-in-path-only", storage.Query{Text: "4711"}, false},
		{"text-in-attribute-only", storage.Query{Text: "acme"}, false},
		{"text-too-long", storage.Query{Text: "connection refused!"}, false},
		{"all-together", storage.Query{Services: []string{"CaseService"}, Status: storage.Failed, Code: storage.Class(2), From: end, To: end.Add(1), Text: "c", Instance: "eu-1"}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := compile(t, test.q).Match(&a); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
	plain := a
	plain.HTTP = nil
	for _, q := range []storage.Query{{Code: storage.Class(2)}, {RequestID: "7c9e6679-7425-40de-944b"}, {Text: "40de"}} {
		if compile(t, q).Match(&plain) {
			t.Errorf("%v matches an action that is no request", q.Values())
		}
	}
	written := a
	written.HTTP = &storage.HTTP{Code: 0}
	if compile(t, storage.Query{Code: storage.CodeRange{Low: 0, High: 1}}).Match(&plain) || !compile(t, storage.Query{Code: storage.CodeRange{Low: 0, High: 1}}).Match(&written) {
		t.Error("a range from 0 does not match the request that wrote nothing, and it alone")
	}
}

// TestMatchFoldsASCII asserts that A to Z are folded and nothing else is.
func TestMatchFoldsASCII(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, q string
		want    bool
	}{
		{"Straße", "STRA", true}, {"Straße", "STRASSE", false}, {"ÄRGER", "ärger", false}, {"ÄRGER", "Ärger", true}, {"\u212a is the sign of the kelvin", "k is", false},
		{"K", "k", true}, {"@[`{", "`[", false}, {"a@b", "A@B", true}, {"[", "{", false}, {"aaab", "AAB", true}, {"x", "xx", false}, {"", "x", false},
		{"\x00\xff", "\x00", true}, {"ſ", "s", false},
	}
	for _, test := range tests {
		a := storage.Action{Service: test.text}
		if got := compile(t, storage.Query{Text: test.q}).Match(&a); got != test.want {
			t.Errorf("%q in %q: got %v", test.q, test.text, got)
		}
	}
}

func TestMatcherTellsItsQuery(t *testing.T) {
	t.Parallel()
	m := compile(t, storage.Query{})
	if from, to := m.Bounds(); from != -1<<63 || to != 1<<63-1 {
		t.Errorf("bounds %d to %d of the zero query", from, to)
	}
	if m.Limit() != storage.DefaultLimit || m.Upper() != "" {
		t.Errorf("limit %d, upper %q of the zero query", m.Limit(), m.Upper())
	}
	q, err := storage.ParseQuery(url.Values{"from": {"2025-11-01"}, "to": {"2025-11-02"}, "limit": {"5"}}, now)
	if err != nil {
		t.Fatal(err)
	}
	m = compile(t, q)
	if from, to := m.Bounds(); from != q.From.UnixNano() || to != q.To.UnixNano() || m.Limit() != 5 {
		t.Errorf("bounds %d to %d, limit %d", from, to, m.Limit())
	}
	if got := m.Query(); !got.From.Equal(q.From) || got.Limit != 5 {
		t.Errorf("got the query %+v", got)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	early := storage.Action{ID: "b", Time: now, Duration: 5}
	late := storage.Action{ID: "a", Time: now.Add(1), Duration: 5}
	sameTime := storage.Action{ID: "c", Time: now, Duration: 4}
	tests := []struct {
		order storage.Sort
		x, y  *storage.Action
		want  int
	}{
		{"", &late, &early, -1}, {storage.NewestFirst, &early, &late, 1}, {storage.NewestFirst, &sameTime, &early, -1},
		{storage.OldestFirst, &early, &late, -1}, {storage.OldestFirst, &early, &sameTime, -1},
		{storage.SlowestFirst, &early, &sameTime, -1}, {storage.SlowestFirst, &early, &late, -1},
		{storage.FastestFirst, &sameTime, &late, -1}, {storage.FastestFirst, &late, &early, -1},
		{storage.FastestFirst, &late, &late, 0},
	}
	for _, test := range tests {
		if got := compile(t, storage.Query{Sort: test.order}).Compare(test.x, test.y); got != test.want {
			t.Errorf("%q: %s and %s compare as %d, want %d", test.order, test.x.ID, test.y.ID, got, test.want)
		}
	}
	for order, want := range map[storage.Sort][2]bool{
		"": {true, false}, storage.NewestFirst: {true, false}, storage.OldestFirst: {false, false}, storage.SlowestFirst: {true, true}, storage.FastestFirst: {false, true},
	} {
		if got := [2]bool{order.Descending(), order.ByDuration()}; got != want {
			t.Errorf("%q: descending and by duration are %v", order, got)
		}
	}
}
