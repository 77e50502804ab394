package archive_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// smallDisk mounts a real file system of that size, or skips the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		skip(t, "mounting a small tmpfs needs root: "+err.Error())
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestRealDiskFull fills a disk of 2 MiB to the last byte, makes room and goes
// on: every batch that was refused left nothing, and was taken in the end.
func TestRealDiskFull(t *testing.T) {
	dir := smallDisk(t, "2m")
	ballast := filepath.Join(dir, "ballast")
	put(t, ballast, strings.Repeat("x", 1<<20))
	w := openWriter(t, dir, archive.Options{})
	m := newMaker(time.Now())
	var all []storage.Action
	var refused []storage.Action
	for refused == nil {
		batch := m.next(700) // more than a page, so that the last write is a short one
		switch err := w.Write(context.Background(), batch); {
		case err == nil:
			all = append(all, batch...)
		case errors.Is(err, syscall.ENOSPC):
			refused = batch
		default:
			t.Fatal(err)
		}
	}
	if len(all) == 0 {
		t.Fatal("nothing was taken")
	}
	for range 5 {
		if err := w.Write(context.Background(), refused); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("write on a full disk: %v", err)
		}
	}
	wantLines(t, dir, all)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	write(t, w, refused)
	all = append(all, refused...)
	rotate(t, w)
	closeWriter(t, w)
	wantLines(t, dir, all)
}

// TestRealDiskTooFullToSeal has room for the lines, but not for their gzip: the
// plain file stays until there is.
func TestRealDiskTooFullToSeal(t *testing.T) {
	dir := smallDisk(t, "1m")
	w := openWriter(t, dir, archive.Options{MaxAge: -1})
	batch := newMaker(time.Now()).next(800)
	write(t, w, batch)
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	f.Close()
	if err := w.Rotate(context.Background()); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("rotate on a full disk: %v", err)
	}
	noDrafts(t, dir)
	wantLines(t, dir, batch)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	waitSealed(t, w)
	closeWriter(t, w)
	if names := fileNames(t, dir); len(names) != 1 || !strings.HasSuffix(names[0], ".jsonl.gz") {
		t.Errorf("the folder has %q", names)
	}
	wantLines(t, dir, batch)
}

// TestRealDiskMakesRoom removes the oldest files rather than refuse new lines.
func TestRealDiskMakesRoom(t *testing.T) {
	dir := smallDisk(t, "4m")
	w := openWriter(t, dir, archive.Options{MaxFileSize: 300_000, MinFreeBytes: 2 << 20, MaxAge: -1})
	m := newMaker(time.Now())
	for range 400 {
		batch := m.next(200)
		for tries := 0; ; tries++ {
			err := w.Write(context.Background(), batch)
			if err == nil {
				break
			}
			if !errors.Is(err, syscall.ENOSPC) || tries > 500 {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if w.Status().Waiting > 2 { // plain files are not removed, so sealing has to keep up
			waitSealed(t, w)
		}
	}
	waitSealed(t, w)
	closeWriter(t, w)
	got, problems := readAll(t, dir, storage.Query{})
	if len(problems) > 0 || len(got) == 0 || len(got) >= 80_000 {
		t.Errorf("%d actions are left, with the problems %v", len(got), problems)
	}
	if got[len(got)-1].ID != m.process.ID(m.n) {
		t.Error("the newest action is not there")
	}
}

// noDrafts waits until the folder holds no draft: each further try makes one,
// and takes it away.
func noDrafts(t *testing.T, dir string) {
	t.Helper()
	for range 400 {
		if !slices.ContainsFunc(fileNames(t, dir), func(base string) bool { return strings.HasSuffix(base, ".tmp") }) {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("drafts are left: %q", fileNames(t, dir))
}
