package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"time"

	"actionlog/storage"
)

// actionWriter writes actions in one form.
type actionWriter interface {
	write(a *storage.Action) error
	flush() error // what has been held back
}

// newActionWriter returns a writer of a form of formats.
func newActionWriter(w io.Writer, form string, v view) actionWriter {
	switch form {
	case "table":
		return &tableWriter{w: w, v: v}
	case "csv":
		return &csvWriter{w: csv.NewWriter(w), v: v}
	case "logfmt":
		return &logfmtWriter{w: w, v: v}
	}
	return &jsonlWriter{w: w, v: v}
}

// jsonlWriter writes the object that the archive holds, a line each.
type jsonlWriter struct {
	w       io.Writer
	v       view
	line    []byte
	escaped []byte
}

func (j *jsonlWriter) write(a *storage.Action) error {
	j.line = append(a.AppendJSON(j.line[:0]), '\n')
	line := j.line
	if j.v.safe {
		j.escaped = escapeJSON(j.escaped[:0], line)
		line = j.escaped
	}
	_, err := j.w.Write(line)
	return err
}

func (j *jsonlWriter) flush() error { return nil }

// tableWriter holds rows back until it knows how wide they are.
type tableWriter struct {
	w      io.Writer
	v      view
	g      grid
	headed bool
	widths []int
}

const tableRows = 1000 // rows that are aligned together

var actionColumns = []column{
	{head: "TIME"}, {head: "DURATION", right: true}, {head: "STATUS"}, {head: "CODE", right: true},
	{head: "SERVICE"}, {head: "ACTION"}, {head: "ID"}, {head: "ERROR", wide: true},
}

func (t *tableWriter) write(a *storage.Action) error {
	status, code := colouredText{string(a.Status), green}, any(nil)
	if a.Failed() {
		status.colour = red
	}
	if a.HTTP != nil {
		code = int64(a.HTTP.Code)
	}
	t.g.columns = actionColumns
	t.g.add(a.Time, a.Duration, status, code, a.Service, a.Action, string(a.ID), a.Error)
	if len(t.g.rows) >= tableRows {
		return t.flush()
	}
	return nil
}

func (t *tableWriter) flush() error {
	if len(t.g.rows) == 0 {
		return nil
	}
	t.g.headless, t.headed = t.headed, true
	t.g.least = t.widths
	err := t.g.table(t.w, t.v)
	t.widths, t.g.rows = t.g.least, t.g.rows[:0]
	return err
}

// actionKeys are the columns of CSV and, as names, those of Parquet.
var actionKeys = storage.Columns()

// csvWriter writes a row of keys first, also where nothing follows.
type csvWriter struct {
	w      *csv.Writer
	v      view
	headed bool
	row    []string
}

func (c *csvWriter) head() error {
	if c.headed {
		return nil
	}
	c.headed = true
	return c.w.Write(actionKeys)
}

func (c *csvWriter) write(a *storage.Action) error {
	if err := c.head(); err != nil {
		return err
	}
	c.row = a.AppendRow(c.row[:0], c.v.loc)
	for i := range c.row {
		c.row[i] = cellText(c.row[i], c.v)
	}
	return c.w.Write(c.row)
}

func (c *csvWriter) flush() error {
	if err := c.head(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

// logfmtWriter writes what there is of each action as key=value.
type logfmtWriter struct {
	w   io.Writer
	v   view
	row []string
}

func (l *logfmtWriter) write(a *storage.Action) error {
	l.row = a.AppendRow(l.row[:0], l.v.loc)
	var line []byte
	for i, text := range l.row {
		if text == "" || actionKeys[i] == "duration" || actionKeys[i] == "attrs" {
			continue
		}
		line = append(append(append(line, actionKeys[i]...), '='), logfmtValue(text)...)
		line = append(line, ' ')
	}
	for _, at := range a.Attrs {
		line = fmt.Appendf(line, "attr.%s=%s ", logfmtKey(at.Key), logfmtValue(at.Value))
	}
	line[len(line)-1] = '\n'
	_, err := l.w.Write(line)
	return err
}

func (l *logfmtWriter) flush() error { return nil }

// logfmtKey replaces what would end a key.
func logfmtKey(s string) string {
	b := []rune(s)
	for i, r := range b {
		if r <= ' ' || r == '"' || r == '=' || hostile(r) {
			b[i] = '_'
		}
	}
	return string(b)
}

// roundMillis returns whole milliseconds, rounded half up as in JSON.
func roundMillis(d time.Duration) int64 { return d.Round(time.Millisecond).Milliseconds() }
