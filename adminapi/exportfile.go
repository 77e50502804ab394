package adminapi

import (
	"bytes"
	"encoding/csv"
	"time"

	"actionlog/storage"
)

// exportForms are the forms of an export, the default first.
var exportForms = []string{"jsonl", "csv", "json"}

// exportTypes are the media types of the forms.
var exportTypes = map[string]string{
	"jsonl": "application/x-ndjson",
	"csv":   "text/csv; charset=utf-8; header=present",
	"json":  "application/json",
}

// exportFile writes actions in one form, a chunk at a time.
type exportFile struct {
	sender
	form  string
	now   time.Time
	chunk bytes.Buffer
	csv   *csv.Writer
	row   []string
	some  bool // whether there was an action
}

// headers says what the file is, and what it is called.
func (f *exportFile) headers() {
	h := f.w.Header()
	h.Set("Content-Type", exportTypes[f.form])
	h.Set("Content-Disposition", `attachment; filename="actions-`+f.now.UTC().Format("20060102T150405Z")+"."+f.form+`"`)
	h.Add("Vary", "Accept-Encoding")
	if f.gzipped {
		h.Set("Content-Encoding", "gzip")
	}
}

func (f *exportFile) begin() {
	switch f.form {
	case "csv":
		f.csv = csv.NewWriter(&f.chunk)
		f.writeRow(storage.Columns())
	case "json":
		f.chunk.WriteString(`{"actions":[`)
	}
}

// add writes an action. Its error is that of sending.
func (f *exportFile) add(a *storage.Action) error {
	switch f.form {
	case "csv":
		f.row = a.AppendRow(f.row[:0], time.UTC)
		for i := range f.row {
			f.row[i] = storage.Cell(f.row[i])
		}
		f.writeRow(f.row)
	case "json":
		if f.some {
			f.chunk.WriteByte(',')
		}
		f.chunk.WriteByte('\n')
		f.chunk.Write(a.AppendJSON(f.chunk.AvailableBuffer()))
	default:
		f.chunk.Write(a.AppendJSON(f.chunk.AvailableBuffer()))
		f.chunk.WriteByte('\n')
	}
	f.some = true
	if f.chunk.Len() < exportChunk {
		return nil
	}
	return f.flush()
}

func (f *exportFile) flush() error {
	if !f.sent {
		f.headers()
	}
	err := f.send(f.chunk.Bytes())
	f.chunk.Reset()
	return err
}

// writeRow writes a row at once; a buffer takes all of it.
func (f *exportFile) writeRow(row []string) {
	_ = f.csv.Write(row)
	f.csv.Flush()
}

// end sends the rest of a file that is whole.
func (f *exportFile) end() error {
	if f.form == "json" {
		f.chunk.WriteString("\n]}\n")
	}
	if err := f.flush(); err != nil {
		return err
	}
	return f.close()
}

// breakOff sends the rest of a file that is not whole, and why, such that no
// reader of the form takes it for one.
func (f *exportFile) breakOff(detail string) {
	switch f.form {
	case "csv":
		f.writeRow([]string{storage.Cell("not whole: " + detail)}) // a row of one cell
		f.chunk.Truncate(f.chunk.Len() - 1)
	default:
		text, _ := encodeJSON(detail) // a text is always encoded
		f.chunk.WriteString("\n{\"detail\":" + string(text))
	}
	if f.flush() == nil {
		f.push()
	}
}
