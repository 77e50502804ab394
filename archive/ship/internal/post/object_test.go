package post_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

func TestObject(t *testing.T) {
	t.Parallel()
	var o post.Object
	o.Open("")
	o.Text("a", "x\"y")
	o.Text("none", "")
	o.Any("empty", "")
	o.Open("in")
	o.Whole("n", -7)
	o.Open("deep")
	o.Close()
	o.Text("b", "{")
	o.Whole("m", 0)
	o.Close()
	o.Text("z", "é")
	o.Close()
	if diff := cmp.Diff(`{"a":"x\"y","empty":"","in":{"n":-7,"deep":{},"b":"{","m":0},"z":"é"}`, string(o.Buf)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzString holds strings against the standard library's.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\/\b\n\x00\x1f\x7f", "é\u0085\u2028\u2029\uFFFD😀", "\xff\xc3\xed\xa0\x80", "<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := post.AppendString([]byte("x"), s)
		var back string
		if err := json.Unmarshal(got[1:], &back); err != nil || back != strings.ToValidUTF8(s, "\uFFFD") && !sameRunes(back, s) {
			t.Errorf("%q became %s, which reads %q, %v", s, got, back, err)
		}
		if bytes.ContainsAny(got, "\n\r\u0085\u2028\u2029") {
			t.Errorf("%q became more than one line", s)
		}
	})
}

// sameRunes compares with every single byte that is not UTF-8 as U+FFFD.
func sameRunes(a, b string) bool { return a == string([]rune(b)) }

func TestSummary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action storage.Action
		want   string
	}{
		{storage.Action{Action: "createCase", Status: storage.Success, Duration: 1500 * time.Microsecond}, "createCase succeeded in 1.5ms"},
		{storage.Action{Action: "GET /x", Status: storage.Success, Error: "none", HTTP: &storage.HTTP{Code: 200}}, "GET /x succeeded with 200 in 0s"},
		{storage.Action{Action: "GET /x", Status: storage.Failed, Error: "no", HTTP: &storage.HTTP{}}, "GET /x failed in 0s: no"},
		{storage.Action{Action: "GET /x", Status: storage.Failed, HTTP: &storage.HTTP{Code: 502}}, "GET /x failed with 502 in 0s"},
	} {
		if got := string(post.AppendSummary([]byte("~"), &c.action)); got != "~"+c.want {
			t.Errorf("got %q; want %q", got, c.want)
		}
	}
}
