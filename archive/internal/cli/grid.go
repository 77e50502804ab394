package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// column is a column of a grid.
type column struct {
	key   string // in JSON, CSV and logfmt
	head  string // in a table; empty for a column that tables leave out
	right bool   // whether a table aligns it to the right
	wide  bool   // whether a table cuts it at the edge of the terminal
	only  bool   // in tables only
}

// The colours of a table.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

// mostCells is how wide a column is at most, so that one name does not push the
// columns behind it off the terminal.
const mostCells = 48

// grid is rows of cells of the types string, []string, colouredText, int64,
// time.Duration, time.Time, stepTime, share, signed and barOf; nil is a cell that is
// not there.
type grid struct {
	columns  []column
	rows     [][]any
	headless bool  // whether a table goes on without another head
	least    []int // how wide a table's columns are at least; table sets it to how wide they were
}

func (g *grid) add(cells ...any) { g.rows = append(g.rows, cells) }

// view says how people want to see things.
type view struct {
	loc    *time.Location
	colour bool
	width  int // 0 for no limit
	safe   bool
}

// table writes the grid for people.
func (g *grid) table(w io.Writer, v view) error {
	texts := make([][]string, 0, len(g.rows)+1)
	head := make([]string, len(g.columns))
	for i, c := range g.columns {
		head[i] = c.head
	}
	texts = append(texts, head)
	peaks := g.peaks()
	for _, row := range g.rows {
		line := make([]string, len(row))
		for i, cell := range row {
			line[i] = tableText(cell, v.loc)
			if b, ok := cell.(barOf); ok {
				line[i] = bar(float64(b), peaks[i])
			}
		}
		texts = append(texts, line)
	}
	widths := make([]int, len(g.columns))
	copy(widths, g.least)
	for _, line := range texts {
		for i, t := range line {
			widths[i] = max(widths[i], min(cells(t), mostCells))
		}
	}
	g.least = widths
	for n, line := range texts {
		if n == 0 && g.headless {
			continue
		}
		if err := g.tableLine(w, v, n, line, widths); err != nil {
			return err
		}
	}
	return nil
}

func (g *grid) tableLine(w io.Writer, v view, n int, line []string, widths []int) error {
	var b strings.Builder
	used := 0
	last := len(line) - 1
	for i, t := range line {
		c := g.columns[i]
		if c.head == "" {
			continue
		}
		if used > 0 {
			b.WriteString("  ")
			used += 2
		}
		switch {
		case v.width == 0: // a file: nothing is cut
		case c.wide:
			t = cutCells(t, max(v.width-used, 10))
		default:
			t = cutCells(t, mostCells)
		}
		pad := max(widths[i]-cells(t), 0)
		colour := ""
		if v.colour {
			colour = bold
			if n > 0 {
				colour = cellColour(g.rows[n-1][i])
			}
		}
		if c.right {
			b.WriteString(strings.Repeat(" ", pad))
		}
		if colour != "" && t != "" {
			t = colour + t + plain
		}
		b.WriteString(t)
		if !c.right && i < last {
			b.WriteString(strings.Repeat(" ", pad))
		}
		used += widths[i]
	}
	_, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	return err
}

func cellColour(cell any) string {
	if c, ok := cell.(colouredText); ok {
		return c.colour
	}
	return ""
}

// peaks returns the greatest bar of each column.
func (g *grid) peaks() []float64 {
	peaks := make([]float64, len(g.columns))
	for _, row := range g.rows {
		for i, cell := range row {
			if b, ok := cell.(barOf); ok {
				peaks[i] = max(peaks[i], float64(b))
			}
		}
	}
	return peaks
}
