package storage_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"actionlog/storage"

	"github.com/google/go-cmp/cmp"
)

func TestClean(t *testing.T) {
	t.Parallel()
	x := func(n int) string { return strings.Repeat("x", n) }
	cut := func(n int) string { return x(n-3) + "…" }
	tests := []struct {
		name    string
		a, want storage.Action
	}{
		{"zero", storage.Action{}, storage.Action{Status: storage.Success}},
		{"full-stays", full(), full()},
		{"status-by-error", storage.Action{Error: "e"}, storage.Action{Status: storage.Failed, Error: "e"}},
		{"status-unknown", storage.Action{Status: "ok"}, storage.Action{Status: storage.Success}},
		{"error-of-a-success", storage.Action{Status: storage.Success, Error: "e"}, storage.Action{Status: storage.Success}},
		{"negative-duration", storage.Action{Duration: -5}, storage.Action{Status: storage.Success}},
		{
			"too-long",
			storage.Action{Service: x(200), Action: x(200), Instance: x(200), ID: storage.ID(x(200)), Error: x(2000), HTTP: &storage.HTTP{
				Method: x(100), Route: x(600), Path: x(600), RequestID: x(100),
			}},
			storage.Action{Service: cut(128), Action: cut(128), Instance: cut(128), ID: storage.ID(cut(128)), Status: storage.Failed, Error: cut(1024), HTTP: &storage.HTTP{
				Method: cut(32), Route: cut(512), Path: cut(512), RequestID: cut(64),
			}},
		},
		{
			"not-utf8",
			storage.Action{Service: "\xff", Action: "a\xffb", HTTP: &storage.HTTP{Method: "\xff", Route: "\xff", Path: "\xff", RequestID: "\xff"}, Attrs: []storage.Attr{{Key: "\xff", Value: "\xfe"}}},
			storage.Action{Status: storage.Success, Service: "\uFFFD", Action: "a\uFFFDb", HTTP: &storage.HTTP{Method: "\uFFFD", Route: "\uFFFD", Path: "\uFFFD", RequestID: "\uFFFD"}, Attrs: []storage.Attr{{Key: "\uFFFD", Value: "\uFFFD"}}},
		},
		{
			"http-out-of-range",
			storage.Action{HTTP: &storage.HTTP{Code: -1, Bytes: -1, Outcome: "odd", Remote: netip.MustParseAddr("::ffff:10.0.0.1")}},
			storage.Action{Status: storage.Success, HTTP: &storage.HTTP{Remote: netip.MustParseAddr("10.0.0.1")}},
		},
		{
			"zone", storage.Action{HTTP: &storage.HTTP{Remote: netip.MustParseAddr("fe80::1%eth0")}},
			storage.Action{Status: storage.Success, HTTP: &storage.HTTP{Remote: netip.MustParseAddr("fe80::1")}},
		},
		{
			"secrets",
			storage.Action{Error: "password=x", HTTP: &storage.HTTP{Path: "/x?token=y"}, Attrs: []storage.Attr{{Key: "tenant", Value: "acme"}, {Key: "token", Value: "z"}, {Key: "m", Value: "to bob@example.com"}}},
			storage.Action{Status: storage.Failed, Error: "password=[redacted]", HTTP: &storage.HTTP{Path: "/x?token=[redacted]"}, Attrs: []storage.Attr{{Key: "tenant", Value: "acme"}, {Key: "token", Value: "[redacted]"}, {Key: "m", Value: "to [redacted]"}}},
		},
		{
			"attributes",
			storage.Action{Attrs: []storage.Attr{{Key: "", Value: "1"}, {Key: "a", Value: "2"}, {Key: "b", Value: "3"}, {Key: "a", Value: "4"}, {Key: x(65), Value: "5"}, {Key: x(66), Value: x(257)}}},
			storage.Action{Status: storage.Success, Attrs: []storage.Attr{{Key: "a", Value: "4"}, {Key: "b", Value: "3"}, {Key: cut(64), Value: cut(256)}}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			given := deepCopy(test.a)
			got := test.a
			storage.DefaultRedactor().Clean(&got)
			if diff := cmp.Diff(test.want, got, sameAddr); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(given, test.a, sameAddr); diff != "" {
				t.Errorf("what the caller shares was changed:\n%s", diff)
			}
			again := got
			storage.DefaultRedactor().Clean(&again)
			if diff := cmp.Diff(got, again, sameAddr); diff != "" {
				t.Errorf("cleaning again changes it:\n%s", diff)
			}
		})
	}
}

func TestCleanKeepsSixteenAttributes(t *testing.T) {
	t.Parallel()
	var many []storage.Attr
	for i := range 20 {
		many = append(many, storage.Attr{Key: fmt.Sprintf("k%02d", i), Value: "v"})
	}
	many = append(many, storage.Attr{Key: "k03", Value: "last"})
	got := storage.DefaultRedactor().Attrs(many)
	if len(got) != storage.MaxAttrs || got[15].Key != "k15" || got[3].Value != "last" {
		t.Errorf("got %v", got)
	}
	if len(many) != 21 || many[3].Value != "v" {
		t.Errorf("the caller's slice was changed: %v", many)
	}
}

// deepCopy shares nothing with a.
func deepCopy(a storage.Action) storage.Action {
	if a.HTTP != nil {
		h := *a.HTTP
		a.HTTP = &h
	}
	a.Attrs = append([]storage.Attr(nil), a.Attrs...)
	return a
}
