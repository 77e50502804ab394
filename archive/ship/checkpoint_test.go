package ship_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"actionlog/archive"
	"actionlog/archive/ship"
)

// summed returns a line with its checksum behind it, as a checkpoint has it.
func summed(line string) string {
	line += "\n"
	return line + fmt.Sprintf("crc32c %08x\n", crc32.Checksum([]byte(line), crc32.MakeTable(crc32.Castagnoli)))
}

const (
	head = `{"actionlogShip":1,"name":"ship","archive":"/a","saved":"2026-11-22T12:00:00Z","delivered":1,"refused":0,"missed":0,"damaged":0,"texts":`
	one  = `{"file":"actions-2026-11-22.jsonl","offset":10,"line":1,"last":10,"sum":7,"known":3}`
)

// TestBadCheckpoint refuses a checkpoint that is damaged or of something else, by
// its name, and does not touch it.
func TestBadCheckpoint(t *testing.T) {
	t.Parallel()
	good := summed(head + "[" + one + "]}")
	flipped := []byte(good)
	flipped[50] ^= 1
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "does not begin"},
		{"other-file", "hello\n", "does not begin"},
		{"cut-off", good[:len(good)-20], "checksum"},
		{"flipped", string(flipped), "checksum"},
		{"more-behind", good + "\n", "checksum"},
		{"version", summed(strings.Replace(head, ":1,", ":2,", 1) + "[]}"), "version 2"},
		{"unknown-key", summed(`{"actionlogShip":1,"x":1}`), "not understood"},
		{"not-json", summed(`{"actionlogShip":1,`), "not understood"},
		{"negative", summed(strings.Replace(head, `"refused":0`, `"refused":-1`, 1) + "[]}"), "negative"},
		{"foreign-file", summed(head + `[{"file":"../x","offset":0,"line":0,"known":0}]}`), `"../x"`},
		{"sealed-file", summed(head + `[{"file":"actions-2026-11-22.jsonl.gz","offset":0,"line":0,"known":0}]}`), "none of an archive"},
		{"twice", summed(head + "[" + one + "," + one + "]}"), "out of order"},
		{"impossible", summed(head + `[{"file":"actions-2026-11-22.jsonl","offset":10,"line":11,"known":11}]}`), "cannot be"},
		{"last-too-long", summed(head + `[{"file":"actions-2026-11-22.jsonl","offset":10,"line":1,"last":11,"known":1}]}`), "cannot be"},
		{"other-name", summed(strings.Replace(head, `"ship","a`, `"other","a`, 1) + "[]}"), `"other"`},
		{"other-archive", good, "of the archive /a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, _ := newArchive(t, 2)
			path := checkpointOf(dir)
			writeFile(t, path, c.text)
			_, err := ship.Open(dir, newFarSide(), fast())
			var refused *ship.CheckpointError
			if !errors.As(err, &refused) || refused.Path != path || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) || refused.Unwrap() == nil {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
			if readFile(t, path) != c.text {
				t.Error("the file was touched")
			}
			if _, err := ship.NewPlan(t.Context(), dir, ship.Options{}, 1); !errors.As(err, &refused) {
				t.Errorf("a plan's error is %v", err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			open(t, dir, newFarSide(), fast()) // the lock was given back
		})
	}
}

// TestCheckpointIsNoFile refuses what is no regular file.
func TestCheckpointIsNoFile(t *testing.T) {
	t.Parallel()
	dir, _ := newArchive(t, 2)
	if err := os.Symlink("/etc/passwd", checkpointOf(dir)); err != nil {
		t.Skip(err)
	}
	var refused *ship.CheckpointError
	if _, err := ship.Open(dir, newFarSide(), fast()); !errors.As(err, &refused) {
		t.Errorf("the error is %v", err)
	}
}

// TestMovedArchive goes on with an archive that was moved, together with its
// checkpoint.
func TestMovedArchive(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 20)
	far := newFarSide()
	s := open(t, dir, far, fast())
	catchUp(t, s)
	closeShipper(t, s)
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	catchUp(t, open(t, moved, far, fast()))
	wantTaken(t, far, list)
}

// TestOtherArchive refuses the checkpoint of another archive, but delivers one
// that was begun anew in the same place.
func TestOtherArchive(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 20)
	other, others := newArchive(t, 20)
	far := newFarSide()
	opts := fast()
	opts.Checkpoint = filepath.Join(t.TempDir(), "checkpoint")
	s := open(t, dir, far, opts)
	catchUp(t, s)
	closeShipper(t, s)
	var refused *ship.CheckpointError
	if _, err := ship.Open(other, far, opts); !errors.As(err, &refused) {
		t.Fatalf("the error is %v", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, dir); err != nil {
		t.Fatal(err)
	}
	catchUp(t, open(t, dir, far, opts))
	wantTaken(t, far, append(list, others...))
}

// TestCheckpointFolderGone keeps trying while the checkpoint cannot be written,
// and sends nothing further meanwhile.
func TestCheckpointFolderGone(t *testing.T) {
	t.Parallel()
	dir, list := newArchive(t, 30)
	folder := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	opts := fast()
	opts.Checkpoint = filepath.Join(folder, "checkpoint")
	failed := make(chan error, 1000)
	opts.OnEvent = func(e ship.Event) {
		if e.Kind == ship.Failure {
			failed <- e.Err
		}
	}
	far := newFarSide()
	s := open(t, dir, far, opts)
	if err := os.Rename(folder, folder+"-away"); err != nil {
		t.Fatal(err)
	}
	run(t, s)
	for range 3 {
		if err := <-failed; !strings.Contains(err.Error(), opts.Checkpoint) {
			t.Errorf("the error is %v", err)
		}
	}
	if got := far.taken(); len(got) != 10 {
		t.Errorf("%d actions were taken, want 10", len(got))
	}
	if st := s.Status(); st.LastError == nil {
		t.Errorf("the status is %+v", st)
	}
	if err := os.Rename(folder+"-away", folder); err != nil {
		t.Fatal(err)
	}
	far.wait(t, 30)
	wantTaken(t, far, list)
}

// FuzzCheckpoint holds that a checkpoint that is read is written again as it was
// understood, and that nothing makes reading it panic.
func FuzzCheckpoint(f *testing.F) {
	dir, _ := newArchive(f, 20)
	s, err := ship.Open(dir, newFarSide(), fast())
	if err != nil {
		f.Fatal(err)
	}
	if err := errors.Join(s.CatchUp(f.Context()), s.Close()); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(readFile(f, checkpointOf(dir))), false)
	f.Add([]byte(head+"["+one+"]}"), true)
	f.Add([]byte(head+"[]}"), true)
	f.Fuzz(func(t *testing.T, b []byte, sum bool) {
		if sum { // or nothing that is changed would come past the checksum
			line, _, _ := bytes.Cut(b, []byte("\n"))
			b = []byte(summed(string(line)))
		}
		once, err := ship.RewriteCheckpoint(b)
		if err != nil {
			return
		}
		twice, err := ship.RewriteCheckpoint(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%q is written as %q, and that as %q, %v", b, once, twice, err)
		}
	})
}

// TestCheckpointFiles holds that the files of a delivery are for nobody
// else, and that none has a name that another program takes for one of the
// archive.
func TestCheckpointFiles(t *testing.T) {
	t.Parallel()
	dir, _ := newArchive(t, 2)
	s := open(t, dir, newFarSide(), fast())
	catchUp(t, s)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	own := 0
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".ship-") {
			continue
		}
		own++
		info, err := e.Info()
		if _, ok := archive.ParseName(e.Name()); ok || err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
	if own != 2 {
		t.Errorf("%d files, want the checkpoint and its lock", own)
	}
}
