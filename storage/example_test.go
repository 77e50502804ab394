package storage_test

import (
	"fmt"
	"net/url"
	"time"

	"actionlog/storage"
)

func ExampleParseQuery() {
	now := time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC)
	values, _ := url.ParseQuery("status=failed&from=15m&min_duration=1s&code=5xx")
	q, err := storage.ParseQuery(values, now)
	fmt.Println(q.Status, q.From.Format(time.TimeOnly), q.MinDuration, q.Code, err)

	_, err = storage.ParseQuery(url.Values{"limit": {"5000"}}, now)
	fmt.Println(err)
	// Output:
	// failed 11:45:00 1s 5xx <nil>
	// parameter limit is "5000"; allowed is a whole number from 1 to 1000
}

func ExampleDecodeJSON() {
	line := `{"timestamp":"2025-11-13T12:05:00Z","service":"ChatService","action":"sendMessage","status":"failed","duration":250,"error":"OpenAI API rate limit exceeded"}`
	var a storage.Action
	err := storage.DecodeJSON([]byte(line), &a)
	fmt.Println(a.Service, a.Action, a.Status, a.Duration, a.Error, err)

	err = storage.DecodeJSON([]byte(`{"status":"odd"}`), &a)
	fmt.Println(err)
	// Output:
	// ChatService sendMessage failed 250ms OpenAI API rate limit exceeded <nil>
	// action at line 1, column 11: field status: got "odd"; allowed is success or failed
}

func ExampleAction_AppendJSON() {
	a := storage.Action{
		Time: time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC), Service: "CaseService", Action: "createCase",
		Status: storage.Success, Duration: 45 * time.Millisecond,
	}
	fmt.Printf("%s\n", a.AppendJSON(nil))
	// Output:
	// {"timestamp":"2025-11-13T12:00:00Z","service":"CaseService","action":"createCase","status":"success","duration":45,"error":null,"durationNs":45000000}
}

func ExampleHistogram() {
	var morning, evening storage.Histogram
	for ms := range 100 {
		morning.Add(time.Duration(ms) * time.Millisecond)
		evening.Add(time.Duration(ms) * time.Second)
	}
	var day storage.Histogram
	day.Merge(&morning)
	day.Merge(&evening)
	fmt.Println(day.Count(), day.Quantile(0.25).Round(time.Millisecond), day.Quantile(0.75).Round(time.Second))
	// Output:
	// 200 48ms 49s
}

func ExampleRedactor() {
	r, err := storage.NewRedactor(storage.RedactOptions{Patterns: []string{`KD-\d{6}`}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Error("dial postgres://app:hunter2@db/cases: KD-123456 is unknown to bob@example.com"))
	fmt.Println(r.Path("/reset?token=8f3a&step=2"))
	fmt.Println(r.Attr("apiKey", "8f3a"))
	// Output:
	// dial postgres://app:[redacted]@db/cases: [redacted] is unknown to [redacted]
	// /reset?token=[redacted]&step=2
	// [redacted]
}

func ExampleCollector() {
	q := storage.Query{Sort: storage.SlowestFirst, Limit: 2}
	m, err := q.Compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	c := storage.NewCollector(m)
	for i, d := range []time.Duration{3, 9, 1, 7, 5} {
		c.Offer(&storage.Action{ID: storage.ID(fmt.Sprint("id-", i)), Duration: d})
	}
	page := c.Page("")
	for _, a := range page.Actions {
		fmt.Println(a.ID, a.Duration)
	}
	fmt.Println(page.Next != "")
	// Output:
	// id-1 9ns
	// id-3 7ns
	// true
}
