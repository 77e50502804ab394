package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

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
