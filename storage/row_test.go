package storage_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

func TestRow(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 11, 13, 23, 30, 0, 5e8, time.UTC)
	trace, _ := storage.ParseTraceID("0af7651916cd43dd8448eb211c80319c")
	tests := []struct {
		name string
		a    storage.Action
		want string
	}{
		{"plain", storage.Action{Time: at, Service: "s", Action: "a", Status: storage.Success, Duration: 1500 * time.Microsecond}, "2025-11-14T00:30:00.5+01:00|s|a|success|2||" + "|1500000" + strings.Repeat("|", 12)},
		{
			"request", storage.Action{
				Time: at, Service: "s", Action: "a", Status: storage.Failed, Error: "e", ID: "i", TraceID: trace, Instance: "n",
				HTTP: &storage.HTTP{
					Method: "GET", Route: "/{x}", Path: "/7", Code: 503, Bytes: 12, Remote: netip.MustParseAddr("::1"),
					RequestID: "r", Outcome: storage.Panic,
				},
				Attrs: []storage.Attr{{Key: "k", Value: `"v"`}, {Key: "l", Value: "<w>"}},
			},
			`2025-11-14T00:30:00.5+01:00|s|a|failed|0|e|i|0|GET|/{x}|/7|503|12|::1|r|panic|0af7651916cd43dd8448eb211c80319c||n|{"k":"\"v\"","l":"<w>"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			row := tt.a.AppendRow(nil, time.FixedZone("", 3600))
			if len(row) != len(storage.Columns()) {
				t.Errorf("%d cells for %d columns", len(row), len(storage.Columns()))
			}
			if diff := cmp.Diff(tt.want, strings.Join(row, "|")); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "plain": "plain", "a=b": "a=b", "é": "é", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx",
		"\rx": "'\rx", "\nx": "'\nx", "＝x": "'＝x", "＠x": "'＠x", "a\x00b": "ab", "\x00=1": "'=1", "'=1": "'=1",
	} {
		if got := storage.Cell(text); got != want {
			t.Errorf("Cell(%q) is %q, want %q", text, got, want)
		}
	}
}
