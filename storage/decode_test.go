package storage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

var sameAddr = cmp.Comparer(func(x, y netip.Addr) bool { return x == y })

// sample is what the API that this one replaces shows in its documentation.
const sample = `    {
      "timestamp": "2025-11-13T12:05:00Z",
      "service": "ChatService",
      "action": "sendMessage",
      "status": "failed",
      "duration": 250,
      "error": "OpenAI API rate limit exceeded"
    }
`

func TestDecode(t *testing.T) {
	t.Parallel()
	noon := time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC)
	least := storage.Action{Time: noon, Service: "s", Action: "a", Status: storage.Success, Duration: 45 * time.Millisecond}
	with := func(change func(a *storage.Action)) storage.Action {
		a := least
		change(&a)
		return a
	}
	const head = `{"timestamp":"2025-11-13T12:00:00Z","service":"s","action":"a","status":"success","duration":45`
	const failed = `{"timestamp":"2025-11-13T12:00:00Z","service":"s","action":"a","status":"failed","duration":45`
	tests := []struct {
		name, line string
		want       storage.Action
	}{
		{"sample", sample, storage.Action{
			Time: noon.Add(5 * time.Minute), Service: "ChatService", Action: "sendMessage", Status: storage.Failed,
			Duration: 250 * time.Millisecond, Error: "OpenAI API rate limit exceeded",
		}},
		{"least", head + `}`, least},
		{"any-order", `{"error":null,"duration":45,"status":"success","action":"a","service":"s","timestamp":"2025-11-13T12:00:00Z"}`, least},
		{"unknown-keys", head + `,"x":{"y":[1,-2.5e+3,true,false,null,"\u00e9",{}],"service":"t"},"Service":"u","":0}`, least},
		{"null-where-optional", head + `,"error":null,"id":null,"durationNs":null,"http":null,"traceId":null,"spanId":null,"instance":null,"attrs":null}`, least},
		{"white-space", "\t\r\n " + strings.NewReplacer(`:`, " :\t", `,`, " ,\n").Replace(`{"duration":45,"status":"success","action":"a","service":"s","timestamp":`) + `"2025-11-13T12:00:00Z" }` + " \n", least},
		{"empty-error-of-a-success", head + `,"error":""}`, least},
		{"nanoseconds-win", head + `,"durationNs":1}`, with(func(a *storage.Action) { a.Duration = 1 })},
		{"nanoseconds-before-milliseconds", `{"durationNs":0,` + head[1:] + `}`, with(func(a *storage.Action) { a.Duration = 0 })},
		{"greatest-duration", strings.Replace(head, "45", "9223372036854", 1) + `}`, with(func(a *storage.Action) { a.Duration = 9223372036854 * time.Millisecond })},
		{"failed-without-error", failed + `}`, with(func(a *storage.Action) { a.Status = storage.Failed })},
		{"escapes", head + `,"id":"\"\\\/\b\f\n\r\t\u0041\u00E9\ud83d\ude42"}`, with(func(a *storage.Action) { a.ID = "\"\\/\b\f\n\r\tAé🙂" })},
		{"half-of-a-pair", head + `,"id":"\ud83d\u0041 \ude42 \ud83d"}`, with(func(a *storage.Action) { a.ID = "\uFFFDA \uFFFD \uFFFD" })},
		{"escaped-key", head + `,"\u0069d":"x"}`, with(func(a *storage.Action) { a.ID = "x" })},
		{"not-utf8", head + ",\"id\":\"a\xffb\",\"instance\":\"\\n\xff\"}", with(func(a *storage.Action) { a.ID, a.Instance = "a\uFFFDb", "\n\uFFFD" })},
		{"zone-east", strings.Replace(head, "12:00:00Z", "14:30:00.5+02:30", 1) + `}`, with(func(a *storage.Action) { a.Time = noon.Add(5e8) })},
		{"zone-west", strings.Replace(head, "12:00:00Z", "04:00:00-08:00", 1) + `}`, least},
		{"small-letters", strings.Replace(head, "T12:00:00Z", "t12:00:00z", 1) + `}`, least},
		{"more-than-nanoseconds", strings.Replace(head, "00Z", "00.1234567899999Z", 1) + `}`, with(func(a *storage.Action) { a.Time = noon.Add(123456789) })},
		{"empty-http", head + `,"http":{}}`, with(func(a *storage.Action) { a.HTTP = &storage.HTTP{} })},
		{"http-of-nulls", head + `,"http":{"method":null,"code":null,"bytes":null,"remote":null,"outcome":null,"x":[[]]}}`, with(func(a *storage.Action) { a.HTTP = &storage.HTTP{} })},
		{"empty-texts", head + `,"traceId":"","spanId":"","http":{"remote":"","outcome":""}}`, with(func(a *storage.Action) { a.HTTP = &storage.HTTP{} })},
		{"repeated-attribute", head + `,"attrs":{"a":"1","b":"2","a":"3"}}`, with(func(a *storage.Action) {
			a.Attrs = []storage.Attr{{Key: "a", Value: "3"}, {Key: "b", Value: "2"}}
		})},
		{"capital-hex", head + `,"spanId":"00F067AA0BA902B7"}`, with(func(a *storage.Action) { a.SpanID, _ = storage.ParseSpanID("00f067aa0ba902b7") })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := full() // must be overwritten
			if err := storage.DecodeJSON([]byte(test.line), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, sameAddr); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestDecodeRefuses has one line for each thing that is refused; the messages
// are in a golden file.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	const head = `{"timestamp":"2025-11-13T12:00:00Z","service":"s","action":"a","status":"failed","duration":45`
	at := func(s string) string { return strings.Replace(head, "2025-11-13T12:00:00Z", s, 1) + "}" }
	lines := []string{
		``, ` `, `null`, `[]`, `"x"`, `{`, `{}`, `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,}`, `{a:1}`, `{"a" 1}`, `{"a":1 "b":2}`,
		head, head + `}x`, head + `} {}`, head + `,}`, head + `,"x":}`, head + `,"x":tru}`, head + `,"x":01}`, head + `,"x":1.}`, head + `,"x":.5}`,
		head + `,"x":1e}`, head + `,"x":-}`, head + `,"x":+1}`, head + `,"x":[1,]}`, head + `,"x":[1 2]}`, head + `,"x":{"a"}}`, head + `,"x":NaN}`,
		head + `,"x":"\q"}`, head + `,"x":"\u12"}`, head + `,"x":"\u12g4"}`, head + `,"x":"` + "\n" + `"}`, head + `,"x":"\`, head + `,"x":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
		"{\n  \"timestamp\": \"2025-11-13T12:00:00Z\",\n  \"service\": \"s\",\n  \"status\": \"ok\"\n}",
		strings.Replace(head, `"service":"s",`, ``, 1) + `}`, strings.Replace(head, `"status":"failed",`, ``, 1) + `}`,
		strings.Replace(head, `,"duration":45`, ``, 1) + `,"durationNs":1}`,
		at("yesterday"), at("2025-11-13"), at("2025-11-13T12:00:00"), at("2025-11-13 12:00:00Z"), at("2025-13-13T12:00:00Z"), at("2025-02-29T12:00:00Z"),
		at("2025-11-31T12:00:00Z"), at("2025-11-13T24:00:00Z"), at("2025-11-13T12:60:00Z"), at("2025-11-13T12:00:60Z"), at("2025-11-13T12:00:00.Z"),
		at("2025-11-13T12:00:00,5Z"), at("2025-11-13T12:00:00+0100"), at("2025-11-13T12:00:00+25:00"), at("1969-12-31T23:59:59Z"), at("2262-01-01T00:00:00Z"),
		at("2025-1a-13T12:00:00Z"), at("2025-11-13T12:00:00Zx"),
		strings.Replace(head, `"2025-11-13T12:00:00Z"`, `1763035200`, 1) + `}`,
		strings.Replace(head, `"s"`, `null`, 1) + `}`, strings.Replace(head, `"s"`, `5`, 1) + `}`, strings.Replace(head, `"a"`, `["a"]`, 1) + `}`,
		strings.Replace(head, `"failed"`, `"FAILED"`, 1) + `}`, strings.Replace(head, `"failed"`, `false`, 1) + `}`,
		strings.Replace(head, `45`, `-1`, 1) + `}`, strings.Replace(head, `45`, `1.5`, 1) + `}`, strings.Replace(head, `45`, `1e3`, 1) + `}`,
		strings.Replace(head, `45`, `"45"`, 1) + `}`, strings.Replace(head, `45`, `9223372036856`, 1) + `}`, strings.Replace(head, `45`, `99999999999999999999`, 1) + `}`,
		head + `,"durationNs":-1}`, head + `,"durationNs":9223372036854775808}`, head + `,"durationNs":{}}`,
		head + `,"error":5}`, strings.Replace(head, `"failed"`, `"success"`, 1) + `,"error":"x"}`,
		head + `,"id":5}`, head + `,"traceId":"12"}`, head + `,"traceId":"00000000000000000000000000000000"}`, head + `,"spanId":"zzf067aa0ba902b7"}`, head + `,"instance":true}`,
		head + `,"http":[]}`, head + `,"http":{"code":"200"}}`, head + `,"http":{"code":1000}}`, head + `,"http":{"code":-1}}`, head + `,"http":{"bytes":1.5}}`,
		head + `,"http":{"remote":"localhost"}}`, head + `,"http":{"outcome":"fine"}}`, head + `,"http":{"method":1}}`, head + `,"http":{"route":{}}}`,
		head + `,"http":{"path":[]}}`, head + `,"http":{"requestId":0}}`, head + `,"http":{"code":1,"code":2}}`, head + `,"http":{"code":1`,
		head + `,"attrs":"x"}`, head + `,"attrs":{"a":1}}`, head + `,"attrs":{"a":null}}`, head + `,"attrs":{"a":{}}}`, head + `,"attrs":{"a":"1" "b":"2"}}`, head + `,"attrs":{` + attrs(17) + `}}`,
		head + `,"service":"t"}`, head + `,"id":"1","id":"2"}`,
		head + `,"x":tru` + "\x1b[31m}", head + `,"\n\u001b[31m":x}`,
		head + `,"` + strings.Repeat("long", 100) + `":x}`,
	}
	var got strings.Builder
	for _, line := range lines {
		kept := full()
		err := storage.DecodeJSON([]byte(line), &kept)
		var syntax *storage.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: got the error %v, want a SyntaxError", line, err)
			continue
		}
		if diff := cmp.Diff(full(), kept, sameAddr); diff != "" {
			t.Errorf("%s: the action was changed:\n%s", line, diff)
		}
		fmt.Fprintf(&got, "%s\n\t%s\n", strings.ReplaceAll(line, "\n", "⏎"), err)
	}
	golden(t, "decode_errors.txt", got.String())
}

func attrs(n int) string {
	var pairs []string
	for i := range n {
		pairs = append(pairs, fmt.Sprintf(`"k%d":"v"`, i))
	}
	return strings.Join(pairs, ",")
}

func TestDecodeBoundsItsInput(t *testing.T) {
	t.Parallel()
	line := []byte(sample)
	for len(line) <= storage.MaxJSON {
		line = append(line, ' ')
	}
	var a storage.Action
	if err := storage.DecodeJSON(line[:storage.MaxJSON], &a); err != nil {
		t.Errorf("at the bound: %v", err)
	}
	if err := storage.DecodeJSON(line, &a); err == nil {
		t.Error("no error above the bound")
	}
}

func TestDecodeKeepsNothingOfTheLine(t *testing.T) {
	t.Parallel()
	want := full()
	line := want.AppendJSON(nil)
	var got storage.Action
	if err := storage.DecodeJSON(line, &got); err != nil {
		t.Fatal(err)
	}
	clear(line)
	if diff := cmp.Diff(want, got, sameAddr); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestDecodeTime compares with time.Parse.
func TestDecodeTime(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"2025-11-13T12:00:00Z", "2025-11-13T12:00:00.5Z", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
		"1970-01-01T00:00:00Z", "2261-12-31T23:59:59.999999999Z", "2025-11-13T12:00:00+14:00", "2025-11-13T12:00:00-00:00", "2025-04-31T12:00:00Z",
		"2025-00-10T12:00:00Z", "2025-01-00T12:00:00Z", "2025-12-32T12:00:00Z", "2025-11-13T23:59:59.000000001+23:59",
	} {
		want, wantErr := time.Parse(time.RFC3339Nano, s)
		var a storage.Action
		err := storage.DecodeJSON([]byte(strings.Replace(sample, "2025-11-13T12:05:00Z", s, 1)), &a)
		if (err == nil) != (wantErr == nil) {
			t.Errorf("%s: got the error %v, time.Parse %v", s, err, wantErr)
		} else if err == nil && (!a.Time.Equal(want) || a.Time.Location() != time.UTC) {
			t.Errorf("%s: got %v, time.Parse %v", s, a.Time, want)
		}
	}
}

// lineOf is a line that needs JSON and nothing but JSON at its end.
func lineOf(value string) string {
	return `{"timestamp":"2025-11-13T12:00:00Z","service":"s","action":"a","status":"failed","duration":45,"x":` + value + `}`
}

func FuzzDecodeJSON(f *testing.F) {
	a := full()
	f.Add(a.AppendJSON(nil))
	f.Add([]byte(sample))
	for _, s := range []string{`{"a":[1,2.5e-3,"\u00e9\ud83d",{"b":null}]}`, `"\x"`, `01`, `-`, `[[[`, "\"\xff\"", `tru`, `1 `} {
		f.Add([]byte(lineOf(s)))
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var a storage.Action
		err := storage.DecodeJSON(line, &a)
		if err != nil {
			var syntax *storage.SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Column < 1 || syntax.Msg == "" {
				t.Fatalf("got the error %#v", err)
			}
		} else {
			if !json.Valid(line) {
				t.Fatalf("accepted %q, which is not JSON", line)
			}
			again := a.AppendJSON(nil)
			var b storage.Action
			if err := storage.DecodeJSON(again, &b); err != nil {
				t.Fatalf("refused what was encoded, %s: %v", again, err)
			}
			if string(b.AppendJSON(nil)) != string(again) {
				t.Fatalf("%s came back as %s", again, b.AppendJSON(nil))
			}
		}
		// As the value of an unknown key, all that is JSON is accepted.
		if json.Valid(line) && len(line) < 10000 && strings.Count(string(line), "[")+strings.Count(string(line), "{") < 60 {
			if err := storage.DecodeJSON([]byte(lineOf(string(line))), &a); err != nil {
				t.Fatalf("refused %q as a value: %v", line, err)
			}
		}
	})
}

func FuzzEncodeJSON(f *testing.F) {
	f.Add("CaseService", "connection refused", "key", "value", int64(1763035200), int64(123456789), int64(45), 200)
	f.Add("\xff\u2028", "\x00\x1b[0m", "\"", "\\", int64(-1), int64(1<<40), int64(-5), -1)
	f.Fuzz(func(t *testing.T, name, text, key, value string, sec, nsec, duration int64, code int) {
		a := storage.Action{
			Time: time.Unix(sec, nsec), Service: name, Action: text, Status: storage.Status(name), Duration: time.Duration(duration), Error: text,
			ID: storage.ID(key), Instance: value, Attrs: []storage.Attr{{Key: key, Value: value}, {Key: value, Value: key}},
			HTTP: &storage.HTTP{Method: key, Route: name, Path: value, Code: code, Bytes: duration, RequestID: text, Outcome: storage.Outcome(key)},
		}
		line := a.AppendJSON(nil)
		if !json.Valid(line) || strings.ContainsAny(string(line), "\n\r\x00\x1b\u2028\u2029\u0085\u009b\x7f") {
			t.Fatalf("%q is not one clean line of JSON", line)
		}
		var back storage.Action
		if err := storage.DecodeJSON(line, &back); err != nil {
			t.Fatalf("decode %s: %v", line, err)
		}
		if got := back.AppendJSON(nil); string(got) != string(line) {
			t.Fatalf("%s came back as %s", line, got)
		}
	})
}
