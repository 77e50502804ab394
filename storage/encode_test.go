package storage_test

import (
	"encoding/json"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

// full is an action with every field set.
func full() storage.Action {
	a := typical()
	a.Status, a.Error = storage.Failed, "connection refused"
	a.SpanID, _ = storage.ParseSpanID("00f067aa0ba902b7")
	a.ID = "01k9xqs2b0dd5xqb50000003rj0"
	a.HTTP.Outcome = storage.Streamed
	a.Instance = "eu-1"
	a.Attrs = []storage.Attr{{Key: "tenant", Value: "acme"}, {Key: "plan", Value: "free"}}
	return a
}

func TestEncode(t *testing.T) {
	t.Parallel()
	noon := time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		a    storage.Action
		want string
	}{
		{
			"full", full(),
			`{"timestamp":"2025-11-13T12:00:00.123456789Z","service":"CaseService","action":"POST /cases/{id}","status":"failed","duration":45,"error":"connection refused","id":"01k9xqs2b0dd5xqb50000003rj0","durationNs":45123456,"http":{"method":"POST","route":"/cases/{id}","path":"/cases/4711","code":201,"bytes":512,"remote":"192.168.10.24","requestId":"7c9e6679-7425-40de-944b","outcome":"streamed"},"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7","instance":"eu-1","attrs":{"tenant":"acme","plan":"free"}}`,
		},
		{
			"least", storage.Action{Time: noon, Service: "CaseService", Action: "createCase", Status: storage.Success, Duration: 45 * time.Millisecond},
			`{"timestamp":"2025-11-13T12:00:00Z","service":"CaseService","action":"createCase","status":"success","duration":45,"error":null,"durationNs":45000000}`,
		},
		{
			"failed-without-text", storage.Action{Time: noon, Status: storage.Failed},
			`{"timestamp":"2025-11-13T12:00:00Z","service":"","action":"","status":"failed","duration":0,"error":"","durationNs":0}`,
		},
		{
			"error-of-a-success-is-null", storage.Action{Time: noon, Status: storage.Success, Error: "x"},
			`{"timestamp":"2025-11-13T12:00:00Z","service":"","action":"","status":"success","duration":0,"error":null,"durationNs":0}`,
		},
		{
			"status-decided-by-the-error", storage.Action{Time: noon, Status: "odd", Error: "x"},
			`{"timestamp":"2025-11-13T12:00:00Z","service":"","action":"","status":"failed","duration":0,"error":"x","durationNs":0}`,
		},
		{
			"empty-http", storage.Action{Time: noon, HTTP: &storage.HTTP{}},
			`{"timestamp":"2025-11-13T12:00:00Z","service":"","action":"","status":"success","duration":0,"error":null,"durationNs":0,"http":{"method":"","route":"","path":"","code":0,"bytes":0}}`,
		},
		{
			"out-of-range", storage.Action{Time: noon, Duration: -1, HTTP: &storage.HTTP{Code: 1000, Bytes: -1, Outcome: "odd", Remote: netip.MustParseAddr("fe80::1").WithZone("\"\n")}},
			`{"timestamp":"2025-11-13T12:00:00Z","service":"","action":"","status":"success","duration":0,"error":null,"durationNs":0,"http":{"method":"","route":"","path":"","code":0,"bytes":0,"remote":"fe80::1%\"\n"}}`,
		},
		{
			"repeated-attribute", storage.Action{Time: noon, Attrs: []storage.Attr{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}, {Key: "a", Value: "3"}}},
			`{"timestamp":"2025-11-13T12:00:00Z","service":"","action":"","status":"success","duration":0,"error":null,"durationNs":0,"attrs":{"b":"2","a":"3"}}`,
		},
	}
	tests[6].want = strings.Replace(tests[6].want, "%\"\n", `%\"\n`, 1)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := test.a.AppendJSON([]byte("before "))
			if diff := cmp.Diff("before "+test.want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if !json.Valid(got[len("before "):]) {
				t.Error("not valid JSON")
			}
			var back storage.Action
			if err := storage.DecodeJSON(got[len("before "):], &back); err != nil {
				t.Errorf("decode: %v", err)
			}
		})
	}
}

func TestEncodeTime(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 2*3600)
	tests := []struct {
		name string
		time time.Time
		want string
	}{
		{"whole-second", time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC), "2025-11-13T12:00:00Z"},
		{"tenth", time.Date(2025, 11, 13, 12, 0, 0, 5e8, time.UTC), "2025-11-13T12:00:00.5Z"},
		{"nanosecond", time.Date(2025, 11, 13, 12, 0, 0, 1, time.UTC), "2025-11-13T12:00:00.000000001Z"},
		{"zeros-inside", time.Date(2025, 11, 13, 12, 0, 0, 100200300, time.UTC), "2025-11-13T12:00:00.1002003Z"},
		{"another-zone", time.Date(2025, 11, 13, 1, 59, 58, 0, east), "2025-11-12T23:59:58Z"},
		{"leap-day", time.Date(2024, 2, 29, 23, 59, 59, 999999999, time.UTC), "2024-02-29T23:59:59.999999999Z"},
		{"zero", time.Time{}, "1970-01-01T00:00:00Z"},
		{"before-the-first", time.Unix(0, -1), "1970-01-01T00:00:00Z"},
		{"last", time.Date(2261, 12, 31, 23, 59, 59, 999999999, time.UTC), "2261-12-31T23:59:59.999999999Z"},
		{"behind-the-last", time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC), "2261-12-31T23:59:59.999999999Z"},
		{"far", time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), "2261-12-31T23:59:59.999999999Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := storage.Action{Time: test.time}
			var got struct{ Timestamp string }
			if err := json.Unmarshal(a.AppendJSON(nil), &got); err != nil {
				t.Fatal(err)
			}
			if got.Timestamp != test.want {
				t.Errorf("got %s, want %s", got.Timestamp, test.want)
			}
		})
	}
}

func TestEncodeDuration(t *testing.T) {
	t.Parallel()
	tests := map[time.Duration]int64{
		0: 0, 499_999: 0, 500_000: 1, 1_499_999: 1, 1_500_000: 2, time.Hour: 3_600_000, math.MaxInt64: 9223372036855,
	}
	for d, want := range tests {
		a := storage.Action{Duration: d}
		var got struct{ Duration, DurationNs int64 }
		line := a.AppendJSON(nil)
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatal(err)
		}
		if got.Duration != want || got.DurationNs != int64(d) {
			t.Errorf("%d ns: got %d ms and %d ns, want %d ms", d, got.Duration, got.DurationNs, want)
		}
		var back storage.Action
		if err := storage.DecodeJSON(line, &back); err != nil || back.Duration != d {
			t.Errorf("%d ns came back as %d (error %v)", d, back.Duration, err)
		}
	}
}

func TestEncodeStrings(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"plain", "abc /cases/{id} <b>&", `abc /cases/{id} <b>&`},
		{"quote-and-backslash", `a"b\c`, `a\"b\\c`},
		{"quote-at-each-place-of-a-word", `"1234567"1234567`, `\"1234567\"1234567`},
		{"lines", "a\nb\rc\td", `a\nb\rc\td`},
		{"nul-and-ansi", "\x00\x1b[31m\x7f", `\u0000\u001b[31m\u007f`},
		{"c1", "a\u0085\u009bb", `a\u0085\u009bb`},
		{"line-separators", "a\u2028b\u2029c", `a\u2028b\u2029c`},
		{"unicode", "Größe 服务 🙂", `Größe 服务 🙂`},
		{"not-utf8", "a\xffb\xc3(\xe2\x82", "a\uFFFDb\uFFFD(\uFFFD\uFFFD"},
		{"surrogate-in-utf8", "\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
		{"replacement-itself", "\uFFFD", "\uFFFD"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for pad := range 17 {
				text := strings.Repeat("x", pad) + test.text
				a := storage.Action{Status: storage.Failed, Error: text}
				got := string(a.AppendJSON(nil))
				if want := `"error":"` + strings.Repeat("x", pad) + test.want + `"`; !strings.Contains(got, want) {
					t.Fatalf("got %s\nwant it to contain %s", got, want)
				}
				var back struct{ Error string }
				if err := json.Unmarshal([]byte(got), &back); err != nil {
					t.Fatal(err)
				}
				if back.Error != string([]rune(text)) {
					t.Errorf("%q came back as %q", text, back.Error)
				}
			}
		})
	}
}

// TestEncodeEveryByte puts each byte at each place of a word of eight.
func TestEncodeEveryByte(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		for at := range 20 {
			text := strings.Repeat("a", at) + string([]byte{byte(c)}) + strings.Repeat("b", 19-at)
			a := storage.Action{Service: text}
			line := a.AppendJSON(nil)
			var back struct{ Service string }
			if err := json.Unmarshal(line, &back); err != nil {
				t.Fatalf("byte %#x at %d: %v in %s", c, at, err, line)
			}
			if back.Service != string([]rune(text)) {
				t.Fatalf("byte %#x at %d came back as %q", c, at, back.Service)
			}
			for _, got := range line {
				if got < 0x20 || got == 0x7f {
					t.Fatalf("byte %#x at %d: %s has a control character", c, at, line)
				}
			}
			if !utf8.Valid(line) {
				t.Fatalf("byte %#x at %d: %s is not UTF-8", c, at, line)
			}
		}
	}
}

func TestEncodeAllocatesNothing(t *testing.T) {
	a := full()
	buf := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { buf = a.AppendJSON(buf[:0]) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestMarshalJSON(t *testing.T) {
	t.Parallel()
	want := full()
	b, err := json.Marshal([]storage.Action{want})
	if err != nil {
		t.Fatal(err)
	}
	var got []storage.Action
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]storage.Action{want}, got, cmp.Comparer(func(x, y netip.Addr) bool { return x == y })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
