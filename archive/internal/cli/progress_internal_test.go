package cli

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
)

// TestProgress holds that it shows nothing within a second, rate and time left
// after, and takes itself off.
func TestProgress(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	clock := time.Unix(1000, 0)
	p := newProgress(&out, true, func() time.Time { return clock })
	p.set(0, 200e6)
	clock = clock.Add(900 * time.Millisecond)
	p.set(50e6, 200e6)
	p.clear()
	if out.Len() > 0 {
		t.Errorf("within a second it shows %q", out.String())
	}
	clock = clock.Add(100 * time.Millisecond)
	p.set(100e6, 200e6)
	const want = "\r\x1b[K[############............]  50 %  100.0 MB of 200.0 MB  100.0 MB/s  1s left"
	if out.String() != want {
		t.Errorf("it shows %q, not %q", out.String(), want)
	}
	clock = clock.Add(10 * time.Millisecond)
	p.set(101e6, 200e6)
	if out.String() != want {
		t.Errorf("it shows more than ten times a second")
	}
	p.stop()
	clock = clock.Add(time.Second)
	p.set(150e6, 200e6)
	if out.String() != want+"\r\x1b[K" {
		t.Errorf("in the end it has shown %q", out.String())
	}
}

// TestProgressNowhere holds that what is no terminal gets none of it.
func TestProgressNowhere(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	clock := time.Unix(1000, 0)
	p := newProgress(&out, false, func() time.Time { clock = clock.Add(time.Minute); return clock })
	for done := range int64(5) {
		p.set(done, 5)
	}
	p.stop()
	if out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}

// TestTexts holds how numbers are shown.
func TestTexts(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		sizeText(999):                          "999 B",
		sizeText(1500):                         "1.5 kB",
		sizeText(2_500_000_000_000):            "2.5 TB",
		durationText(0):                        "0µs",
		durationText(1500):                     "1.50µs",
		durationText(12345 * time.Microsecond): "12.3ms",
		durationText(90 * time.Second):         "90.0s",
		percentText(0.00012):                   "0.01 %",
		cutRunes("äöüß", 3):                    "äö…",
		cutRunes("äöü", 3):                     "äöü",
		bar(5, 10):                             "█████     ",
		bar(0.001, 10):                         "▏         ",
		listText([]string{"a", "b", "c"}):      "a, b +1",
		escape("a\xffb\u200b\u2066\r"):         `a\xffb\u200b\u2066\r`,
		escape("Grüße, 世界"):                    "Grüße, 世界",
		logfmtKey("a b=c"):                     "a_b_c",
		string(escapeJSON(nil, []byte("\"\u202e\U000e0001ä\""))): `"\u202e\udb40\udc01ä"`,
	} {
		if got != want {
			t.Errorf("%q is not %q", got, want)
		}
	}
}

// TestGroupBound holds that grouping by what strangers choose stays bounded.
func TestGroupBound(t *testing.T) {
	t.Parallel()
	g := newGrouper([]string{"action"})
	const n = mostGroups + 100
	for i := range n {
		a := sampleAction(i)
		g.add(&a)
	}
	groups := g.groups()
	total := int64(0)
	for _, gr := range groups {
		total += gr.Total
	}
	if len(groups) != mostGroups+1 || total != n {
		t.Errorf("%d groups of %d actions", len(groups), total)
	}
}

func sampleAction(i int) storage.Action {
	return storage.Action{Action: strconv.Itoa(i), Status: storage.Success}
}
