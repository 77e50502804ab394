package main_test

import (
	"context"
	"regexp"
	"strconv"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/example/internal/try"
	"actionlog/storage"
)

// TestArchives runs the jobs until each has ended well and failed, and reads
// what came of it from the archive.
func TestArchives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := try.Run(t, try.Build(t, "."), "-archive", dir, "-every", "20ms")
	p.Wait(t, regexp.MustCompile(`writes to`))
	files, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Jobs cleanUp success", "Jobs cleanUp failed panic: there is nothing to clean up",
		"Jobs sendMail success", "Jobs sendMail failed the mailbox is full",
		"Import readFile success", "Import storeRows success",
	}
	end := time.Now().Add(time.Minute)
	for !holds(t, count(t, files), want) {
		if time.Now().After(end) {
			t.Fatalf("the archive has %v, want all of %q", count(t, files), want)
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.Stop(t)

	done, err := strconv.Atoi(p.Wait(t, regexp.MustCompile(`(\d+) jobs were done`)))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range count(t, files) {
		total += n
	}
	if total != done {
		t.Errorf("the archive has %d actions, of %d that were recorded", total, done)
	}
}

func holds(t *testing.T, got map[string]int, want []string) bool {
	t.Helper()
	for _, what := range want {
		if got[what] == 0 {
			return false
		}
	}
	return true
}

// count returns how many actions of each kind there are.
func count(t *testing.T, files *archive.Archive) map[string]int {
	t.Helper()
	kinds := map[string]int{}
	for a, err := range files.Actions(context.Background(), storage.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		kind := a.Service + " " + a.Action + " " + string(a.Status)
		if a.Error != "" {
			kind += " " + a.Error
		}
		kinds[kind]++
		if a.Action == "storeRows" && (len(a.Attrs) != 1 || a.Attrs[0].Key != "rows") {
			t.Errorf("%s has the attributes %v, want rows", kind, a.Attrs)
		}
	}
	return kinds
}

func TestSaysWhatIsAllowed(t *testing.T) {
	t.Parallel()
	p := try.Run(t, try.Build(t, "."), "-archive", t.TempDir(), "-every", "0s")
	p.Wait(t, regexp.MustCompile(`-every is 0s; allowed is a duration greater than zero`))
}
