package storage_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"actionlog/storage"
)

func TestErrorSummer(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	one, other := storage.NewErrorSummer(), storage.NewErrorSummer()
	for i, text := range []string{"case 1 lost", "case 22 lost", "refused", "case 3 lost"} {
		a := storage.Action{Time: at.Add(time.Duration(i) * time.Second), Service: string(rune('B' - i%2)), Status: storage.Failed, Error: text, ID: storage.ID(rune('a' + i))}
		if i < 2 {
			one.Add(&a)
		} else {
			other.Add(&a)
		}
	}
	one.Add(&storage.Action{Time: at, Status: storage.Success})
	one.Join(other)
	want := []storage.ErrorGroup{
		{Template: "case <n> lost", Count: 3, First: at, Last: at.Add(3 * time.Second), Example: "d", Services: []string{"A", "B"}},
		{Template: "refused", Count: 1, First: at.Add(2 * time.Second), Last: at.Add(2 * time.Second), Example: "c", Services: []string{"B"}},
	}
	if diff := cmp.Diff(want, one.Groups()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
