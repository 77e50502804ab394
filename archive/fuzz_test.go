package archive_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// FuzzRead reads any bytes as a sealed and as a plain file: it ends, problems
// are of the two kinds, and Search sees what Actions sees.
func FuzzRead(f *testing.F) {
	m := newMaker(day0)
	text := lines(m.next(5))
	gz := packed(f, text)
	f.Add([]byte(text), false)
	f.Add([]byte(text[:len(text)-3]), false)
	f.Add(gz, true)
	f.Add(append(bytes.Clone(gz), gz...), true)
	f.Add(append(bytes.Clone(gz), foreign(f, text)...), true)
	f.Add(gz[:len(gz)-5], true)
	f.Add([]byte(flip(string(gz), 60)), true)
	f.Fuzz(func(t *testing.T, content []byte, sealed bool) {
		path := filepath.Join(t.TempDir(), "actions-2026-11-22.jsonl")
		if sealed {
			path += ".gz"
		}
		put(t, path, string(content))
		actions, problems := readAll(t, filepath.Dir(path), storage.Query{})
		for _, err := range problems {
			var syntax *archive.SyntaxError
			var corrupt *archive.CorruptError
			if !errors.As(err, &syntax) && !errors.As(err, &corrupt) {
				t.Fatalf("the problem is %v", err)
			}
		}
		a, err := archive.Open(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		page, err := a.Search(context.Background(), storage.Query{Limit: storage.NoLimit})
		if err != nil || len(page.Actions) != len(actions) {
			t.Fatalf("%d actions were read and %d found, %v", len(actions), len(page.Actions), err)
		}
	})
}

// FuzzPack seals any lines: every reader gets the same text back.
func FuzzPack(f *testing.F) {
	f.Add([]byte("{}\n{}\n"), uint16(1))
	f.Add([]byte(lines(newMaker(day0).next(3))), uint16(3000))
	f.Add([]byte("\n\n\x00\xff\n"), uint16(7))
	f.Fuzz(func(t *testing.T, text []byte, times uint16) {
		text = bytes.Repeat(append(text, '\n'), 1+int(times)%5000)
		if len(text) > 8<<20 {
			return
		}
		sealed, err := archive.Pack(text)
		if err != nil {
			t.Fatal(err)
		}
		zr, err := gzip.NewReader(bytes.NewReader(sealed))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(zr); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("read back %d bytes, %v; want %d", len(got), err, len(text))
		}
		members, err := archive.Members(sealed)
		if err != nil {
			t.Fatal(err)
		}
		var whole []byte
		for _, m := range members {
			whole = append(whole, m.Text...)
			if m.Lines != bytes.Count(m.Text, []byte("\n")) {
				t.Fatalf("a header says %d lines", m.Lines)
			}
		}
		if !bytes.Equal(whole, text) {
			t.Fatal("the members hold another text")
		}
	})
}

// FuzzLineTime compares the quick look at a timestamp with the decoder.
func FuzzLineTime(f *testing.F) {
	f.Add("2026-11-22T12:00:00Z")
	f.Add("2026-11-22T12:00:00.123456789Z")
	f.Add("2024-02-29T23:59:59.9Z")
	f.Add("1970-01-01T00:00:00Z")
	f.Add("2261-12-31T23:59:59.999Z")
	f.Add("2026-11-22T12:00:00+01:00")
	f.Add("2026-11-22T12:00:00Z\"")
	f.Fuzz(func(t *testing.T, text string) {
		ns, ok := archive.LineTime([]byte(`{"timestamp":"` + text + `"}`))
		text, _, _ = strings.Cut(text, `"`) // where the string of the line ends
		want, err := time.Parse(time.RFC3339Nano, text)
		if ok && err == nil && ns != want.UnixNano() {
			t.Fatalf("%q was read as %s", text, time.Unix(0, ns).UTC())
		}
		if ok && err != nil && !dayOutOfRange(err) {
			t.Fatalf("%q was read as %s; it is not valid: %v", text, time.Unix(0, ns).UTC(), err)
		}
	})
}

// dayOutOfRange reports whether a date failed only by a day that its month does
// not have, which the quick look leaves to the decoder.
func dayOutOfRange(err error) bool {
	var parse *time.ParseError
	return errors.As(err, &parse) && parse.Message == ": day out of range"
}
