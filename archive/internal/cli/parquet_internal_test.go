package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"actionlog/storage"

	"github.com/parquet-go/parquet-go"
)

// TestParquetGroups holds that a group of rows is bounded in rows and in bytes,
// for it is kept in memory until it is written.
func TestParquetGroups(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rows, long int
		groups     int
	}{"short-texts": {100_000, 10, 3}, "long-texts": {20_000, 8000, 6}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			w := newParquetWriter(&b)
			a := storage.Action{Time: time.Unix(1_795_000_000, 0), Service: "S", Action: "a", Status: storage.Success, ID: "1"}
			a.HTTP = &storage.HTTP{Path: strings.Repeat("x", test.long)}
			for range test.rows {
				if err := w.write(&a); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.flush(); err != nil {
				t.Fatal(err)
			}
			f, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
			if err != nil {
				t.Fatal(err)
			}
			if f.NumRows() != int64(test.rows) || len(f.RowGroups()) != test.groups {
				t.Errorf("%d rows in %d groups, not %d in %d", f.NumRows(), len(f.RowGroups()), test.rows, test.groups)
			}
		})
	}
}
