package ring_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/google/go-cmp/cmp"
)

// fullSink takes nothing.
type fullSink struct{}

func (fullSink) Write(context.Context, []storage.Action) error {
	return errors.New("the disk is full")
}

// TestRefusals holds what is told to who asks of a ring what cannot be had.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := ring.New(ring.Options{})
	r.Log("CaseService", "createCase", storage.Success, time.Millisecond, nil)
	full := fullSink{}
	r.Pump("archive", full, ring.PumpOptions{RetryFrom: time.Hour, RetryTo: time.Hour})
	for r.Sinks()["archive"].LastError == "" {
		time.Sleep(time.Millisecond)
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()

	var got []string
	tell := func(what string, err any) { got = append(got, strings.TrimSpace(fmt.Sprintf("%s: %v", what, err))) }
	tell("warm", r.Warm(nil))
	func() {
		defer func() { tell("pump", recover()) }()
		r.Pump("archive", full, ring.PumpOptions{})
	}()
	tell("flush", strings.ReplaceAll(fmt.Sprint(r.Flush(over)), "\n", ", "))
	_, err := r.Series(context.Background(), storage.Query{}, 0)
	tell("series", err)
	_, err = r.Search(context.Background(), storage.Query{Status: "broken"})
	tell("search", err)
	tell("close", strings.ReplaceAll(fmt.Sprint(r.Close(over)), "\n", ", "))
	_, err = r.Search(context.Background(), storage.Query{})
	tell("search", err)
	want := []string{
		"warm: warm the ring: 1 actions are in it already; allowed is to warm a new one",
		`pump: ring: there is a pump named "archive" already; allowed is another name`,
		"flush: 1 actions not written to sink archive: context canceled, the disk is full",
		`series: parameter step is "0s"; allowed is a duration greater than zero`,
		`search: parameter status is "broken"; allowed is success or failed`,
		"close: 1 actions not written to sink archive: context canceled, the disk is full",
		"search: store is closed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
