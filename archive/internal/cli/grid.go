package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// column is a column of a grid.
type column struct {
	key   string // in JSON, CSV and logfmt
	head  string // in a table; empty for a column that tables leave out
	right bool   // whether a table aligns it to the right
	wide  bool   // whether a table cuts it at the edge of the terminal
	only  bool   // in tables only
}

// share is a number from 0 to 1 that people read as percent.
type share float64

// signed is a difference as a share, which people read as percent: of what
// there was before, or as points of a rate.
type signed struct {
	share float64
	unit  string
}

// barOf is a number that a table draws as a bar, beside the column's greatest.
type barOf float64

// stepTime is a moment without a fraction that counts.
type stepTime struct{ time.Time }

// colouredText is a text that a table colours.
type colouredText struct{ text, colour string }

// The colours of a table.
const (
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

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
			widths[i] = max(widths[i], utf8.RuneCountInString(t))
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
		pad := widths[i] - utf8.RuneCountInString(t)
		if c.wide && v.width > 0 {
			t = cutRunes(t, max(v.width-used, 10))
		}
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

// cutRunes returns at most n characters of s.
func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n-1]) + "…"
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

// tableText returns a cell for people, with nothing in it that steers.
func tableText(cell any, loc *time.Location) string {
	switch c := cell.(type) {
	case string:
		return escape(c)
	case []string:
		return escape(listText(c))
	case colouredText:
		return escape(c.text)
	case int64:
		return strconv.FormatInt(c, 10)
	case time.Duration:
		return durationText(c)
	case time.Time:
		return c.In(loc).Format("2006-01-02 15:04:05.000")
	case stepTime:
		return c.In(loc).Format(time.DateTime)
	case share:
		return percentText(float64(c))
	case signed:
		return signedText(c)
	}
	return ""
}

// listText returns the first two of a list, and how many more there are.
func listText(list []string) string {
	const shown = 2
	if len(list) <= shown {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s +%d", strings.Join(list[:shown], ", "), len(list)-shown)
}

// durationText returns a duration with three digits that count.
func durationText(d time.Duration) string {
	for _, unit := range []time.Duration{time.Microsecond, time.Millisecond, time.Second} {
		if d < 1000*unit || unit == time.Second {
			v := float64(d) / float64(unit)
			name := map[time.Duration]string{time.Microsecond: "µs", time.Millisecond: "ms", time.Second: "s"}[unit]
			switch {
			case v >= 100 || v == 0:
				return strconv.FormatFloat(v, 'f', 0, 64) + name
			case v >= 10:
				return strconv.FormatFloat(v, 'f', 1, 64) + name
			}
			return strconv.FormatFloat(v, 'f', 2, 64) + name
		}
	}
	return d.String()
}

func percentText(p float64) string {
	switch {
	case p == 0:
		return "0 %"
	case p < 0.0995:
		return strconv.FormatFloat(100*p, 'f', 2, 64) + " %"
	}
	return strconv.FormatFloat(100*p, 'f', 1, 64) + " %"
}

// signedText returns a difference with its sign.
func signedText(d signed) string {
	switch {
	case math.IsInf(d.share, 1):
		return "any"
	case math.IsInf(d.share, -1) || d.unit == "" && d.share <= -1:
		return "-100 %"
	case d.unit != "":
		return fmt.Sprintf("%+.2f %s", 100*d.share, d.unit)
	}
	return fmt.Sprintf("%+.1f %%", 100*d.share)
}

// plainText returns a cell for programs.
func plainText(cell any, loc *time.Location) string {
	switch c := cell.(type) {
	case string:
		return c
	case []string:
		return strings.Join(c, ",")
	case colouredText:
		return c.text
	case int64:
		return strconv.FormatInt(c, 10)
	case time.Duration:
		return strconv.FormatFloat(float64(c)/1e6, 'f', -1, 64)
	case time.Time:
		return c.In(loc).Format(time.RFC3339Nano)
	case stepTime:
		return c.In(loc).Format(time.RFC3339)
	case share:
		return strconv.FormatFloat(float64(c), 'g', 6, 64)
	case signed:
		return strconv.FormatFloat(c.share, 'g', 6, 64)
	}
	return ""
}

// jsonl writes an object a row. Durations are milliseconds, moments in UTC.
func (g *grid) jsonl(w io.Writer, v view) error {
	var line []byte
	for _, row := range g.rows {
		line = append(line[:0], '{')
		for i, cell := range row {
			if g.columns[i].only {
				continue
			}
			if len(line) > 1 {
				line = append(line, ',')
			}
			line = strconv.AppendQuote(line, g.columns[i].key)
			line = append(line, ':')
			line = appendJSONCell(line, cell)
		}
		line = append(line, "}\n"...)
		if _, err := w.Write(escapeJSON(nil, line)); err != nil {
			return err
		}
	}
	return nil
}

func appendJSONCell(dst []byte, cell any) []byte {
	switch c := cell.(type) {
	case nil:
		return append(dst, "null"...)
	case signed:
		if math.IsInf(c.share, 0) || math.IsNaN(c.share) {
			return append(dst, "null"...)
		}
		return append(dst, plainText(c, time.UTC)...)
	case int64, time.Duration, share:
		return append(dst, plainText(c, time.UTC)...)
	}
	if list, ok := cell.([]string); ok {
		dst = append(dst, '[')
		for i, text := range list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSONText(dst, text)
		}
		return append(dst, ']')
	}
	return appendJSONText(dst, plainText(cell, time.UTC))
}

// appendJSONText appends a string of JSON.
func appendJSONText(dst []byte, s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return append(dst, `""`...) // a string is always encoded
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte{'\n'})...)
}

// csv writes a row of keys and a row a row.
func (g *grid) csv(w io.Writer, v view) error {
	cw := csv.NewWriter(w)
	var record []string
	for _, c := range g.columns {
		if !c.only {
			record = append(record, c.key)
		}
	}
	if err := cw.Write(record); err != nil {
		return err
	}
	for _, row := range g.rows {
		record = record[:0]
		for i, cell := range row {
			if g.columns[i].only {
				continue
			}
			text := plainText(cell, v.loc)
			switch cell.(type) {
			case string, colouredText, []string:
				text = cellText(text, v)
			}
			record = append(record, text)
		}
		if err := cw.Write(record); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}

// cellText returns a text as a cell of CSV: no formula, and on a terminal
// nothing that steers.
func cellText(text string, v view) string {
	text = safeCell(strings.ReplaceAll(text, "\x00", ""))
	if v.safe {
		text = escape(text)
	}
	return text
}

// logfmt writes key=value pairs.
func (g *grid) logfmt(w io.Writer, v view) error {
	for _, row := range g.rows {
		var pairs []string
		for i, cell := range row {
			if text := plainText(cell, v.loc); text != "" && !g.columns[i].only {
				pairs = append(pairs, g.columns[i].key+"="+logfmtValue(text))
			}
		}
		if _, err := fmt.Fprintln(w, strings.Join(pairs, " ")); err != nil {
			return err
		}
	}
	return nil
}

// logfmtValue quotes what is more than a word.
func logfmtValue(s string) string {
	for _, r := range s {
		if r <= ' ' || r == '"' || r == '=' || r == '\\' || r == utf8.RuneError || hostile(r) {
			return strconv.Quote(s)
		}
	}
	if s == "" {
		return `""`
	}
	return s
}

// bar returns a bar of up to ten cells, in eighths of a cell.
func bar(v, peak float64) string {
	const cells = 10
	if peak <= 0 {
		return ""
	}
	eighths := int(v/peak*cells*8 + 0.5)
	if v > 0 && eighths == 0 {
		eighths = 1
	}
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string(rune('█' + 8 - rest))
	}
	return text + strings.Repeat(" ", cells-utf8.RuneCountInString(text))
}
