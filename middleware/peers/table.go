package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

const goos, goarch = runtime.GOOS, runtime.GOARCH

// speedTable writes what each row costs. Beyond the bare handler means beyond
// that of its own router.
func speedTable(w io.Writer, rows []peer, results map[string]*measured) {
	fmt.Fprint(w, "| what | a request | range | beyond its bare handler | allocations | × ring | × ring and line |\n")
	fmt.Fprint(w, "|---|---|---|---|---|---|---|\n")
	for _, p := range rows {
		m := results[p.slug]
		if m == nil {
			continue
		}
		beyond := silence
		if under := results[p.under]; under != nil && p.kind != bare {
			beyond = nanoseconds(m.median.Center - under.median.Center)
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", p.name, nanoseconds(m.median.Center),
			interval(m), beyond, allocations(m), times(m, results["ring"]), times(m, results["ring-line"]))
	}
}

// nanoseconds tells seconds as whole nanoseconds.
func nanoseconds(seconds float64) string { return fmt.Sprintf("%.0f ns", seconds*1e9) }

// interval tells where the median lies, or that the samples are too few.
func interval(m *measured) string {
	if math.IsInf(m.median.Lo, 0) || math.IsInf(m.median.Hi, 0) {
		return fmt.Sprintf("of %d", len(m.seconds))
	}
	return fmt.Sprintf("%.0f–%.0f", m.median.Lo*1e9, m.median.Hi*1e9)
}

func allocations(m *measured) string {
	if len(m.allocs) == 0 || len(m.bytes) == 0 {
		return silence
	}
	return fmt.Sprintf("%.0f, %.0f B", summary(m.allocs).Center, summary(m.bytes).Center)
}

func times(m, of *measured) string {
	if of == nil {
		return silence
	}
	return fmt.Sprintf("%.2f", m.median.Center/of.median.Center)
}

// bound is what a request through ours is to cost at most, as a part of
// another row's.
type bound struct {
	text  string
	ours  string // slug
	of    *peer  // nil if it was not measured
	least float64
}

// cheapest returns the least expensive of some rows.
func cheapest(rows []peer, results map[string]*measured, which func(peer) bool) *peer {
	var best *peer
	for i, p := range rows {
		if results[p.slug] == nil || !which(p) {
			continue
		}
		if best == nil || results[p.slug].median.Center < results[best.slug].median.Center {
			best = &rows[i]
		}
	}
	return best
}

// bounds writes what is aimed at, and whether it is met. Whole requests are
// compared, the handler and its router included, and beside them what each
// adds to its bare handler.
func bounds(w io.Writer, rows []peer, results map[string]*measured) {
	named := func(slug string) *peer {
		return cheapest(rows, results, func(p peer) bool { return p.slug == slug })
	}
	line := cheapest(rows, results, func(p peer) bool { return p.kind == logger })
	hand := cheapest(rows, results, func(p peer) bool { return p.kind == byHand })
	all := []bound{
		{"ring, of the floor", "ring", named("floor"), 2},
		{"ring, of x/net/trace", "ring", named("net-trace"), 0.6},
		{"ring, of the cheapest logger", "ring", line, 0.15},
		{"ring, of the cheapest line by hand", "ring", hand, 0.15},
		{"ring and line, of the cheapest logger", "ring-line", line, 1. / 3},
		{"ring and line, of the cheapest line by hand", "ring-line", hand, 1. / 3},
	}
	fmt.Fprint(w, "| aim | at most | whole requests | met | beyond the bare handler |\n|---|---|---|---|---|\n")
	for _, b := range all {
		ours := results[b.ours]
		if ours == nil || b.of == nil {
			continue
		}
		ratio := ours.median.Center / results[b.of.slug].median.Center
		met := "no"
		if ratio <= b.least {
			met = "yes"
		}
		fmt.Fprintf(w, "| %s (%s) | %.2f | %.2f | %s | %s |\n", b.text, b.of.slug, b.least, ratio, met, beyond(results, b))
	}
}

// beyond compares what two rows add to their bare handlers.
func beyond(results map[string]*measured, b bound) string {
	bareOurs, bareOf := results["bare"], results[b.of.under]
	if bareOurs == nil || bareOf == nil {
		return silence
	}
	added := results[b.of.slug].median.Center - bareOf.median.Center
	if added <= 0 {
		return silence
	}
	return fmt.Sprintf("%.2f", (results[b.ours].median.Center-bareOurs.median.Center)/added)
}

// notes writes how each row is set up, and where it comes from.
func notes(w io.Writer, rows []peer) {
	versions := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			versions[m.Path] = m.Version
		}
	}
	var seen []string
	for _, p := range rows {
		if p.module == "" && len(p.takes) == 0 {
			continue
		}
		text := p.name
		if v := versions[p.module]; v != "" {
			text += " (" + p.module + " " + v + ")"
		}
		if len(p.takes) > 0 {
			text += ": " + strings.Join(p.takes, "; ")
		}
		if !slices.Contains(seen, text) {
			seen = append(seen, text)
			fmt.Fprintf(w, "- %s.\n", text)
		}
	}
	fmt.Fprint(w, "- doganarif/govisual is missing: it could not be had.\n")
}
