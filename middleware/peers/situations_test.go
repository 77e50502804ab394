package main

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
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

// table is the command's, of all peers in all situations.
var table = sync.OnceValues(func() (string, error) {
	var out bytes.Buffer
	err := run(context.Background(), []string{"situations"}, strings.NewReader(""), &out)
	return out.String(), err
})

// TestTable reads the row that counts, and looks for all the others.
func TestTable(t *testing.T) {
	got, err := table()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range situations() {
		if !strings.Contains(got, "\n| "+s.name+" | ") {
			t.Errorf("there is no row of %q", s.name)
		}
	}
	if !regexp.MustCompile(`(?m)^\| \*\*wrong of \d+\*\* \| \| 0 \| 0 \| 0 \|`).MatchString(got) {
		t.Errorf("ours has a wrong cell:\n%s", got)
	}
}

// TestFaultsAreFound looks at the writer that is wrapped as it should not be.
func TestFaultsAreFound(t *testing.T) {
	got, err := table()
	if err != nil {
		t.Fatal(err)
	}
	cells := map[string]string{}
	column := -1
	for line := range strings.Lines(got) {
		row := strings.Split(line, " | ")
		if column < 0 {
			column = slices.Index(row, "by hand")
			continue
		}
		if len(row) > column {
			cells[strings.TrimPrefix(row[0], "| ")] = row[column]
		}
	}
	for name, want := range map[string]string{
		"200, then 500":                   "says 500",
		"a body, then 500":                "says 500",
		"103, then a body":                "says 103",
		"HEAD and a body":                 "says 5 B",
		"a file by sendfile":              "no sendfile",
		"a stream, flushed":               "flush without effect",
		"deadlines by ResponseController": "no deadline",
		"hijacked, answers 418 itself":    "no hijack",
		"a WebSocket":                     "no WebSocket",
		"a panic":                         "no record",
	} {
		if !slices.Contains(strings.Split(cells[name], ", "), want) {
			t.Errorf("%s: the cell is %q, want %q in it", name, cells[name], want)
		}
	}
}
