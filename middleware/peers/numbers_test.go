package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestBounds judges by medians, and by whole requests.
func TestBounds(t *testing.T) {
	var text strings.Builder
	for slug, times := range map[string][]string{
		"bare": {"70", "80", "900"}, "floor": {"120", "110", "130"}, "ring": {"300", "200", "280"}, "ring-line": {"500", "520", "510"},
		"net-trace": {"500", "500", "500"}, "hlog": {"1600", "1500", "1700"}, "chi": {"2000", "2000", "2000"}, "gin": {"30", "30", "30"}, "gin-logger": {"1630", "1630", "1630"},
	} {
		for _, ns := range times {
			text.WriteString("BenchmarkPeers/" + slug + " 1000 " + ns + " ns/op 16 B/op 1 allocs/op\n")
		}
	}
	results, err := gather(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	bounds(&got, peers(), results)
	const want = `| aim | at most | whole requests | met | beyond the bare handler |
|---|---|---|---|---|
| ring, of the floor (floor) | 2.00 | 2.33 | no | 5.00 |
| ring, of x/net/trace (net-trace) | 0.60 | 0.56 | yes | 0.48 |
| ring, of the cheapest logger (hlog) | 0.15 | 0.17 | no | 0.13 |
| ring and line, of the cheapest logger (hlog) | 0.33 | 0.32 | yes | 0.28 |
`
	if got.String() != want {
		t.Errorf("bounds are\n%swant\n%s", &got, want)
	}
	got.Reset()
	speedTable(&got, peers(), results)
	for _, want := range []string{
		"| **actionlog**, ring | 280 ns | of 3 | 200 ns | 1, 16 B | 1.00 | 0.55 |\n",
		"| gin.Logger | 1630 ns | of 3 | 1600 ns | 1, 16 B | 5.82 | 3.20 |\n",
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("there is no %s in\n%s", want, &got)
		}
	}
}

func TestGatherRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"damaged": "BenchmarkPeers/bare 1000 fast ns/op\n",
		"no-time": "BenchmarkPeers/bare 1000 16 B/op\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := gather(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "read the results: ") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestParseWrk(t *testing.T) {
	const good = "Running 1s test @ http://127.0.0.1:1/cases/7\n  1 threads and 8 connections\n" +
		"  46521 requests in 1.03s, 5.81MB read\nRequests/sec:  45190.12\nTransfer/sec:      5.65MB\n"
	l, err := parseWrk(good)
	if err != nil || l.perSecond != 45190.12 || l.requests != 46521 {
		t.Errorf("%+v, %v", l, err)
	}
	for name, text := range map[string]string{
		"failed":  good + "  Non-2xx or 3xx responses: 46521\n",
		"sockets": good + "  Socket errors: connect 0, read 3, write 0, timeout 0\n",
		"other":   "unable to connect",
	} {
		t.Run(name, func(t *testing.T) {
			if l, err := parseWrk(text); err == nil {
				t.Errorf("no error, but %+v", l)
			}
		})
	}
}

// TestCells judges what no peer here does.
func TestCells(t *testing.T) {
	ok := situation{wire: seen{status: 200, bytes: 5}}
	panics := situation{wire: seen{cut: true}, mayRecover: true, how: "panic"}
	for name, tt := range map[string]struct {
		o     outcome
		want  string
		wrong bool
	}{
		"right":     {outcome{ok, ok.wire, nil, []record{{200, 5, ""}}}, right, false},
		"claims":    {outcome{ok, ok.wire, nil, []record{{untold, untold, ""}}}, silence, false},
		"half":      {outcome{ok, ok.wire, nil, []record{{200, untold, ""}}}, right, false},
		"bytes":     {outcome{ok, ok.wire, nil, []record{{200, 6, ""}}}, "says 6 B", true},
		"none":      {outcome{ok, ok.wire, nil, nil}, "no record", true},
		"two":       {outcome{ok, ok.wire, nil, make([]record, 2)}, "2 records", true},
		"cut":       {outcome{ok, seen{status: 200, bytes: 3, cut: true}, nil, []record{{200, 3, ""}}}, "sends 3 B, answer cut", true},
		"lost":      {outcome{ok, ok.wire, []string{"no flush"}, []record{{200, 5, ""}}}, "no flush", true},
		"how":       {outcome{ok, ok.wire, nil, []record{{200, 5, "panic"}}}, "says panic", true},
		"recovered": {outcome{panics, seen{status: 500}, nil, []record{{500, 0, "panic"}}}, told, false},
		"denied":    {outcome{panics, seen{cut: true}, nil, []record{{200, 0, ""}}}, "says 200", true},
	} {
		t.Run(name, func(t *testing.T) {
			if text, wrong := tt.o.cell(); text != tt.want || wrong != tt.wrong {
				t.Errorf("the cell is %q, wrong %v; want %q, %v", text, wrong, tt.want, tt.wrong)
			}
		})
	}
}
