package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"actionlog/storage"
)

// cancelled returns a context that has ended.
func cancelled(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx, cancel
}

func checkFilter(c *check) {
	all := c.fill(400)
	for _, q := range filters(all) {
		q.Limit = storage.NoLimit
		want := c.naive(q, all)
		page := c.search(q)
		if page.Next != "" {
			c.failf("search %s: got a cursor although all were asked for", describe(q))
		}
		c.want(q, page.Actions, want)
	}
}

// filters returns queries, most of which have matches among all.
func filters(all []storage.Action) []storage.Query {
	first, middle, last := all[0].Time, all[len(all)/2].Time, all[len(all)-1].Time
	list := []storage.Query{
		{}, {Status: storage.Success}, {Status: storage.Failed}, {Instance: "eu-1"}, {Instance: "nowhere"},
		{Services: []string{"nobody"}}, {Services: []string{"CaseService", "服务"}}, {Services: []string{"caseservice"}},
		{Actions: []string{"sendMessage"}}, {Actions: []string{"sendMessage", "löschen", "createCase"}},
		{From: middle}, {To: middle}, {From: first, To: last}, {From: last.Add(1)}, {To: first}, {From: middle, To: middle.Add(1)},
		{MinDuration: 1}, {MinDuration: time.Second}, {MaxDuration: 1}, {MaxDuration: time.Millisecond},
		{MinDuration: time.Microsecond, MaxDuration: time.Microsecond}, {MinDuration: 2 * time.Hour},
		{Code: storage.Code(404)}, {Code: storage.Code(599)}, {Code: storage.Class(2)}, {Code: storage.Class(5)}, {Code: storage.Class(1)},
		{Code: storage.CodeRange{Low: 400, High: 499}},
		{RequestID: "req-007"}, {RequestID: "REQ-007"}, {ID: all[7].ID}, {ID: "nothing"}, {ID: all[7].ID, Status: storage.Failed},
		{Services: []string{"CaseService"}, Status: storage.Failed, Code: storage.Class(5), From: first, To: last},
		{Actions: []string{"createCase"}, MinDuration: time.Millisecond, Text: "e"},
	}
	for _, s := range services {
		list = append(list, storage.Query{Services: []string{s}}, storage.Query{Services: []string{s}, Status: storage.Failed})
	}
	for _, s := range []string{"TIMEOUT", "time", "quota", "100%", "%", "_", "bad_request", "/cases", "post /", "req-01", "'", `\`, `"`, "überlauf", "ÜBERLAUF", "söhne", "nowhere", "caseservice"} {
		list = append(list, storage.Query{Text: s})
	}
	for i := range all {
		if !all[i].TraceID.IsZero() {
			list = append(list, storage.Query{TraceID: all[i].TraceID}, storage.Query{TraceID: all[i].TraceID, Instance: "eu-2"})
			break
		}
	}
	return list
}

// at makes an action for rules that need few.
func at(offset, duration time.Duration) storage.Action {
	return storage.Action{Time: day.Add(offset), Service: "s", Action: "a", Duration: duration, Status: storage.Success}
}

// wantOnly asks and compares with those of all that are named by index, in
// any order.
func (c *check) wantOnly(q storage.Query, all []storage.Action, indexes ...int) {
	c.Helper()
	want := make([]storage.Action, 0, len(indexes))
	for _, i := range indexes {
		want = append(want, all[i])
	}
	sortAs(want, q.Sort)
	c.want(q, c.search(q).Actions, want)
}

func checkBounds(c *check) {
	all := c.put(at(0, 999_999), at(1, 1_000_000), at(2, 1_000_001), at(3, 0))
	moment := func(ns time.Duration) time.Time { return day.Add(ns) }
	c.wantOnly(storage.Query{From: moment(1)}, all, 1, 2, 3)
	c.wantOnly(storage.Query{To: moment(1)}, all, 0)
	c.wantOnly(storage.Query{From: moment(1), To: moment(3)}, all, 1, 2)
	c.wantOnly(storage.Query{From: moment(1).In(time.FixedZone("east", 3600)), To: moment(2)}, all, 1)
	c.wantOnly(storage.Query{MinDuration: time.Millisecond}, all, 1, 2)
	c.wantOnly(storage.Query{MaxDuration: time.Millisecond}, all, 0, 1, 3)
	c.wantOnly(storage.Query{MinDuration: time.Millisecond, MaxDuration: time.Millisecond}, all, 1)
	c.wantOnly(storage.Query{MinDuration: 999_999, MaxDuration: 1_000_001}, all, 0, 1, 2)

	var coded []storage.Action
	for _, code := range []int{399, 400, 499, 500, 0} {
		a := at(time.Hour, 0)
		a.HTTP = &storage.HTTP{Method: "GET", Code: code, RequestID: fmt.Sprint("code-", code)}
		coded = append(coded, a)
	}
	all = c.put(coded...)
	c.wantOnly(storage.Query{Code: storage.Class(4)}, all, 1, 2)
	c.wantOnly(storage.Query{Code: storage.Code(500)}, all, 3)
	c.wantOnly(storage.Query{Code: storage.CodeRange{Low: 399, High: 400}}, all, 0, 1)
}

func checkText(c *check) {
	plain := at(0, 0)
	inError := at(1, 0)
	inError.Status, inError.Error = storage.Failed, "the Needle is here"
	inAction := at(2, 0)
	inAction.Action = "findNEEDLE"
	inService := at(3, 0)
	inService.Service = "needleService"
	inRoute, inRequest, inPath, inAttr, accented := at(4, 0), at(5, 0), at(6, 0), at(7, 0), at(8, 0)
	inRoute.HTTP = &storage.HTTP{Method: "GET", Route: "/needle/{id}", RequestID: "r-4"}
	inRequest.HTTP = &storage.HTTP{Method: "GET", RequestID: "r-nEEdle"}
	inPath.HTTP = &storage.HTTP{Method: "GET", Path: "/needle", RequestID: "r-6"}
	inAttr.Attrs = []storage.Attr{{Key: "needle", Value: "needle"}}
	accented.Status, accented.Error = storage.Failed, "50%_ÄRGER\\x"
	all := c.put(plain, inError, inAction, inService, inRoute, inRequest, inPath, inAttr, accented)
	c.wantOnly(storage.Query{Text: "needle"}, all, 1, 2, 3, 4, 5)
	c.wantOnly(storage.Query{Text: "NEEDLE"}, all, 1, 2, 3, 4, 5)
	c.wantOnly(storage.Query{Text: "needle is"}, all, 1)
	c.wantOnly(storage.Query{Text: "needle!"}, all)
	for _, exact := range []string{"50%_", "_ÄRG", "Äger", "ärger", "%", "_", `\x`, `\X`, "n%dle", "n_edle", "Ä"} {
		if lower := strings.ToLower(exact); strings.Contains(accented.Error, exact) || lower == `\x` {
			c.wantOnly(storage.Query{Text: exact}, all, 8)
		} else {
			c.wantOnly(storage.Query{Text: exact}, all)
		}
	}
}

// wantParamError tests for the error that names a parameter.
func (c *check) wantParamError(what string, err error, param string) {
	c.Helper()
	var bad *storage.ParamError
	if !errors.As(err, &bad) {
		c.failf("%s: got the error %v, want a ParamError that names %s", what, err, param)
	} else if bad.Param != param {
		c.failf("%s: got a ParamError that names %s, want one that names %s", what, bad.Param, param)
	}
}

func checkInvalid(c *check) {
	c.fill(5)
	for param, q := range map[string]storage.Query{
		"status":       {Status: "bad"},
		"sort":         {Sort: "sideways"},
		"limit":        {Limit: storage.MaxLimit + 1},
		"to":           {From: day, To: day},
		"min_duration": {MinDuration: -1},
		"max_duration": {MinDuration: 2, MaxDuration: 1},
		"code":         {Code: storage.CodeRange{Low: 500, High: 400}},
		"cursor":       {Cursor: "no cursor"},
	} {
		_, err := c.store.Search(c.Context(), q)
		c.wantParamError("search "+describe(q), err, param)
	}
	_, err := c.store.Stats(c.Context(), storage.Query{Status: "bad"})
	c.wantParamError("stats {status=bad}", err, "status")
}
