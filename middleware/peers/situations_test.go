package main

import (
	"slices"
	"strings"
	"testing"
)

func trial(t *testing.T, p peer) []outcome {
	t.Helper()
	outcomes, err := try(p, situations())
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// TestWire holds what a client sees without any peer, against which all are
// judged.
func TestWire(t *testing.T) {
	for _, o := range trial(t, bareMux) {
		if o.seen != o.situation.wire {
			t.Errorf("%s: the client saw %+v, want %+v", o.situation.name, o.seen, o.situation.wire)
		}
		if len(o.lost) > 0 {
			t.Errorf("%s: the handler had %v", o.situation.name, o.lost)
		}
	}
}

// TestOurs fails for each cell of ours that is wrong.
func TestOurs(t *testing.T) {
	for _, p := range ourRows {
		if p.kind != ours {
			continue
		}
		t.Run(p.slug, func(t *testing.T) {
			for _, o := range trial(t, p) {
				text, wrong := o.cell()
				if wrong || text == silence {
					t.Errorf("%s: %s; recorded %+v, on the wire %+v", o.situation.name, text, o.records, o.seen)
				}
				if o.situation.how != "" && text != told {
					t.Errorf("%s: the record does not tell that it was %s: %+v", o.situation.name, o.situation.how, o.records)
				}
			}
		})
	}
}

// TestFaultsAreFound takes a writer through the situations that is wrapped as
// it should not be.
func TestFaultsAreFound(t *testing.T) {
	found := map[string]string{}
	for _, o := range trial(t, slogLine) {
		if text, wrong := o.cell(); wrong {
			found[o.situation.name] = text
		}
	}
	for name, want := range map[string]string{
		"nothing written":                 "says no status",
		"200, then 500":                   "says 500",
		"103, then a body":                "says 103",
		"HEAD and a body":                 "says 5 B",
		"a file by sendfile":              "no sendfile",
		"a stream, flushed":               "no flush",
		"deadlines by ResponseController": "no deadline",
		"hijacked, answers 418 itself":    "no hijack",
		"a panic":                         "no record",
	} {
		if got := found[name]; !slices.Contains(strings.Split(got, ", "), want) {
			t.Errorf("%s: the cell is %q, want %q in it", name, got, want)
		}
	}
}
