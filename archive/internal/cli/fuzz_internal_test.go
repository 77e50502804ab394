package cli

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"actionlog/storage"
)

// FuzzEscape holds that nothing that steers is left, and what is harmless stays.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[31m", "a\u202eb", "\xff\xfe", "世界 \u00a0", "\u0085", "=1+1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := escape(s)
		if !utf8.ValidString(got) {
			t.Fatalf("%q becomes %q, which is no UTF-8", s, got)
		}
		for _, r := range got {
			if hostile(r) {
				t.Fatalf("%q becomes %q with %U in it", s, got, r)
			}
		}
		if again := escape(got); again != got {
			t.Fatalf("%q becomes %q, and then %q", s, got, again)
		}
		if cell := cellText(s, view{}); cell != "" {
			switch cell[0] {
			case '=', '+', '-', '@', '\t', '\r', '\n':
				t.Fatalf("%q becomes the formula %q", s, cell)
			}
		}
		line, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var before, after any
		escaped := escapeJSON(nil, line)
		if json.Unmarshal(line, &before) != nil || json.Unmarshal(escaped, &after) != nil || !reflect.DeepEqual(before, after) {
			t.Fatalf("%s becomes %s", line, escaped)
		}
	})
}

// FuzzStretch holds that a stretch of time is one, or refused.
func FuzzStretch(f *testing.F) {
	for _, s := range []string{"2026-11-21", "14d..7d", "..", "2026-11-21T10:00..15m", "7d..14d"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		q, err := stretch(storage.Query{}, s, now, time.UTC)
		if err == nil && !q.From.Before(q.To) {
			t.Fatalf("%q is from %s to %s", s, q.From, q.To)
		}
	})
}
