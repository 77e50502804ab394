package archive_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// TestActive asks how large the active file is and since when it is the day's.
func TestActive(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 2*60*60)
	tests := []struct {
		name  string
		opts  archive.Options
		began time.Time
	}{
		{"day", archive.Options{}, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)},
		{"zone", archive.Options{Location: east}, time.Date(2026, 11, 22, 0, 0, 0, 0, east)},
		{"week", archive.Options{Rotation: archive.Weekly}, time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			test.opts.Now = func() time.Time { return day0 }
			w := openWriter(t, dir, test.opts)
			if size, began := w.Active(); size != 0 || !began.IsZero() {
				t.Errorf("before the first action there are %d bytes since %v, want none", size, began)
			}
			if err := w.Write(context.Background(), newMaker(day0).next(3)); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(filepath.Join(dir, w.Status().Active))
			if err != nil {
				t.Fatal(err)
			}
			if size, began := w.Active(); size != info.Size() || !began.Equal(test.began) {
				t.Errorf("active are %d bytes since %v, want %d since %v", size, began, info.Size(), test.began)
			}
			if err := w.Err(); err != nil {
				t.Errorf("nothing is wrong, but %v", err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if size, began := w.Active(); size != 0 || !began.IsZero() {
				t.Errorf("after Close there are %d bytes since %v, want none", size, began)
			}
		})
	}
}

// TestErr has a write that fails show in what the writer cannot do.
func TestErr(t *testing.T) {
	t.Parallel()
	w := openWriter(t, t.TempDir(), archive.Options{Now: func() time.Time { return time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC) }})
	err := w.Write(context.Background(), []storage.Action{{Service: "s", Action: "a"}})
	if got := w.Err(); err == nil || !errors.Is(got, err) {
		t.Errorf("after a write that failed with %v, what is wrong is %v", err, got)
	}
}
