package adminapi_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"actionlog/adminapi"
	"actionlog/storage"
)

func TestStreamParameters(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{})
	long := strings.Repeat("x", 1025)
	for _, tt := range []struct{ name, query, header, want string }{
		{"sort", "sort=timestamp", "", "parameter sort means nothing to a stream"},
		{"limit", "limit=1", "", "parameter limit means nothing to a stream"},
		{"cursor", "cursor=x", "", "parameter cursor means nothing to a stream"},
		{"unknown", "servce=a", "", `parameter "servce" is unknown; known are service, action, status, instance, from, to, min_duration, max_duration, code, q, request_id, trace_id, id, after, last`},
		{"filter", "code=9", "", `parameter code is "9"`},
		{"range", "from=1h&to=2h", "", "parameter to is"},
		{"repeated-filter", "q=a&q=b", "", "parameter q is"},
		{"malformed", "a=%zz", "", "malformed"},
		{"after-empty", "after=", "", "parameter after is"},
		{"after-long", "after=" + long, "", "parameter after is"},
		{"after-not-text", "after=%ff", "", "parameter after is"},
		{"after-twice", "after=a&after=a", "", "parameter after is given 2 times"},
		{"header-empty", "", "\x00", "header Last-Event-ID is"},
		{"header-long", "", long, "header Last-Event-ID is"},
		{"after-malformed-beside-header", "after=", "a", "parameter after is"},
		{"last-empty", "last=", "", `parameter last is ""; allowed is a whole number from 0 to 1000`},
		{"last-negative", "last=-1", "", `parameter last is "-1"`},
		{"last-many", "last=1001", "", `parameter last is "1001"`},
		{"last-huge", "last=99999999999999999999", "", "parameter last is"},
		{"last-twice", "last=1&last=2", "", "parameter last is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := request("GET", "/action-logs/stream?"+tt.query)
			if tt.header != "" {
				r.Header.Set("Last-Event-ID", strings.Trim(tt.header, "\x00"))
			}
			resp := do(h, r)
			if text := detail(t, resp); resp.StatusCode != 400 || !strings.Contains(text, tt.want) {
				t.Errorf("status %d: %s", resp.StatusCode, text)
			}
		})
	}
}

// FuzzStreamParameters holds what a client may ask to the bounds that are
// documented.
func FuzzStreamParameters(f *testing.F) {
	f.Add("after=01kb3q7m5e4c1n0hz2q0000000&last=5&service=a", "", false)
	f.Add("", "01kb3q7m5e4c1n0hz2q0000000", true)
	f.Add("after=a&after=b", "", true)
	f.Add("last=1001&sort=-timestamp", "x", true)
	f.Add("from=15m&code=5xx&q=%F0%9F%99%82", "\xff", true)
	f.Fuzz(func(t *testing.T, query, lastEvent string, given bool) {
		header := http.Header{}
		if given {
			header.Set("Last-Event-ID", lastEvent)
		}
		after, last, matches, err := adminapi.ParseStream(query, header)
		if err != nil {
			var param *storage.ParamError
			var answer *adminapi.Error
			if !errors.As(err, &param) && !(errors.As(err, &answer) && answer.Status == 400) {
				t.Fatalf("the error is %v, want one of a parameter", err)
			}
			return
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatalf("%q is accepted: %v", query, err)
		}
		for _, name := range []string{"sort", "limit", "cursor"} {
			if values.Has(name) {
				t.Errorf("%s is accepted", name)
			}
		}
		switch {
		case given && after != lastEvent, !given && after != values.Get("after"):
			t.Errorf("after is %q of %q and %q", after, query, lastEvent)
		case len(after) > 1024 || (given || values.Has("after")) != (after != ""):
			t.Errorf("after is %q", after)
		case last < 0 || last > 1000 || last != 0 && !values.Has("last"):
			t.Errorf("last is %d", last)
		}
		values.Del("after")
		values.Del("last")
		if len(values) == 0 != (matches == nil) {
			t.Errorf("%q has a filter: %v", query, matches != nil)
		}
	})
}

// FuzzStreamMessages has any action be one event and one frame, whatever its
// id and texts hold.
func FuzzStreamMessages(f *testing.F) {
	f.Add("01kb3q7m5e4c1n0hz2q0000000", "s", "line\r\nline\n\n: x", 3)
	f.Add("a\nevent: missed\ndata: {}", "\x00", "data: \u2028", 126)
	f.Add(" a\r", "", "", 70_000)
	f.Fuzz(func(t *testing.T, id, service, text string, n int) {
		a := storage.Action{ID: storage.ID(id), Service: service, Status: storage.Failed, Error: text + strings.Repeat("y", max(0, min(n, 1<<17)))}
		want := string(a.AppendJSON(nil))
		event, frame := adminapi.EncodeStream(&a)
		head, rest, ok := strings.Cut(event, "event: action\ndata: ")
		if !ok || rest != want+"\n\n" || strings.ContainsAny(want, "\r\n") {
			t.Fatalf("event is %q", event)
		}
		if safe := id != "" && !strings.ContainsAny(id, "\r\n\x00"); safe && head != "id: "+id+"\n" || !safe && head != "" {
			t.Errorf("the id of the event is %q", head)
		}
		payload, ok := unframe(frame)
		if !ok || payload != want || !json.Valid([]byte(payload)) {
			t.Errorf("frame is %q", frame)
		}
	})
}

// unframe reads the one text frame that s is, which is not masked and has the
// shortest form.
func unframe(s string) (payload string, ok bool) {
	if len(s) < 2 || s[0] != 0x81 {
		return "", false
	}
	n, at := int(s[1]), 2
	for size, least := range map[int]int{126: 126, 127: 1 << 16} {
		if int(s[1]) != size {
			continue
		}
		at += 2 + 6*(size-126)
		n = 0
		for _, b := range []byte(s[2:at]) {
			n = n<<8 | int(b)
		}
		if n < least {
			return "", false
		}
	}
	return s[at:], len(s) == at+n
}
