package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"actionlog/storage"
)

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
			return digits(v) + name
		}
	}
	return d.String()
}

// digits returns a number with three digits that count, and all before its point.
func digits(v float64) string {
	switch {
	case v >= 100 || v == 0:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
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

// signedText returns a difference with its sign; three times as much and more
// as how many times it is.
func signedText(d signed) string {
	switch {
	case math.IsInf(d.share, 1):
		return "any"
	case math.IsInf(d.share, -1) || d.unit == "" && d.share <= -1:
		return "-100 %"
	case d.unit != "":
		return fmt.Sprintf("%+.2f %s", 100*d.share, d.unit)
	case d.share >= 2:
		return "×" + digits(1+d.share)
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

// appendJSONCell appends a cell as a value of JSON.
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

// cellText returns a text as a cell of CSV: no formula, and on a terminal
// nothing that steers.
func cellText(text string, v view) string {
	text = storage.Cell(text)
	if v.safe {
		text = escape(text)
	}
	return text
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
