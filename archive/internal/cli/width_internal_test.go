package cli

import (
	"strings"
	"testing"
	"time"
)

// TestCells holds how wide texts are on a terminal.
func TestCells(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 1, "服务器": 6, "ﾃｽﾄ": 3, "한글": 4, "🚀": 2, "…": 1} {
		if got := cells(text); got != want {
			t.Errorf("%q takes %d cells, not %d", text, got, want)
		}
	}
	for _, test := range []struct {
		text string
		n    int
		want string
	}{{"abcdef", 6, "abcdef"}, {"abcdef", 5, "abcd…"}, {"服务器", 6, "服务器"}, {"服务器", 5, "服务…"}, {"服务器", 4, "服…"}, {"e\u0301e\u0301", 2, "e\u0301e\u0301"}} {
		if got := cutCells(test.text, test.n); got != test.want {
			t.Errorf("%q cut to %d cells is %q, not %q", test.text, test.n, got, test.want)
		}
	}
}

// TestTableOfStrangers holds that neither a long name nor wide letters in one row
// move the columns of the others.
func TestTableOfStrangers(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 120} {
		g := &grid{columns: []column{{head: "SERVICE"}, {head: "ACTION"}, {head: "ERROR", wide: true}}}
		for _, name := range []string{"short", "服务器名称", "e\u0301e\u0301", strings.Repeat("x", 5000)} {
			g.add(name, "here", "boom")
		}
		var b strings.Builder
		if err := g.table(&b, view{loc: time.UTC, width: width}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.String(), "\n")
		for _, line := range lines[1:4] {
			before, _, _ := strings.Cut(line, "here")
			if got := cells(before); got != mostCells+2 {
				t.Errorf("width %d: the second column begins at %d: %q", width, got, line)
			}
		}
		if long := cells(lines[4]); width > 0 && long > width || width == 0 && long < 5000 {
			t.Errorf("width %d: the long line is %d cells long", width, long)
		}
	}
}
