package s3_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/ship/s3"
)

// TestNotes holds that a writer that asks removes what was pushed, and nothing
// else, whatever became of the notes.
func TestNotes(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	keep := s3.Unpushed(dir)
	flip(t, filepath.Join(dir, dayOne)) // is not pushed
	mustPush(t, dir, server.URL, nil)
	if !keep(dayTwo) {
		t.Error("what nobody noted counts as pushed")
	}
	note := func(o *s3.Options) { o.Note = true }
	mustPush(t, dir, server.URL, func(o *s3.Options) { o.Note, o.DryRun = true, true })
	if !keep(dayTwo) {
		t.Error("a dry run notes something")
	}
	mustPush(t, dir, server.URL, note)
	if !keep(dayOne) || keep(dayTwo) || !keep("actions-2020-01-01.jsonl.gz") {
		t.Errorf("to be kept: %t, %t, %t", keep(dayOne), keep(dayTwo), keep("actions-2020-01-01.jsonl.gz"))
	}
	notes := filepath.Join(dir, ".actions-pushed")
	was, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	other := "garbage\n" + strings.ReplaceAll(string(was), "s3://backups/a/b", "s3://other/place") + "7 actions-2020-01-01.jsonl.gz s3://gone\n"
	if err := os.WriteFile(notes, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	mustPush(t, dir, server.URL, note)
	if now, _ := os.ReadFile(notes); string(now) != string(was)+strings.ReplaceAll(string(was), "s3://backups/a/b", "s3://other/place") {
		t.Errorf("the notes are\n%s", now)
	}

	w, err := archive.OpenWriter(dir, archive.Options{Now: func() time.Time { return today.AddDate(0, 0, 30) }, MaxAge: time.Hour, Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		left := sealedIn(t, dir)
		if slices.Equal(left, []string{dayOne, "actions-2026-11-23.jsonl.gz"}) { // the latter was sealed just now
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("left are %v", left)
			break
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, dayTwo), []byte("another of that name"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !keep(dayTwo) {
		t.Error("another file by the name of one that was pushed counts as pushed")
	}
}
