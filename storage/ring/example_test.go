package ring_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"actionlog/storage"
	"actionlog/storage/ring"
)

func Example() {
	actions := ring.New(ring.Options{})
	actions.Log("CaseService", "createCase", storage.Success, 45*time.Millisecond, nil)
	actions.Log("ChatService", "sendMessage", storage.Failed, 250*time.Millisecond, errors.New("rate limit exceeded"))

	page, err := actions.Search(context.Background(), storage.Query{Status: storage.Failed})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range page.Actions {
		fmt.Println(a.Service, a.Action, a.Status, a.Duration, a.Error)
	}
	// Output: ChatService sendMessage failed 250ms rate limit exceeded
}

func ExampleRing_Track() {
	actions := ring.New(ring.Options{})
	nightly := func() (err error) {
		defer actions.Track("Jobs", "nightly")(&err)
		return errors.New("no tape in the drive")
	}
	_ = nightly()

	page, err := actions.Search(context.Background(), storage.Query{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(page.Actions[0].Action, page.Actions[0].Status, page.Actions[0].Error)
	// Output: nightly failed no tape in the drive
}

func ExampleRing_Stats() {
	actions := ring.New(ring.Options{Window: 2})
	for range 5 {
		actions.Log("CaseService", "createCase", storage.Success, 40*time.Millisecond, nil)
	}
	stats, err := actions.Stats(context.Background(), storage.Query{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("in the window", stats.Total, "in all", stats.Lifetime.Total, "longest", stats.Services["CaseService"].Max)
	// Output: in the window 2 in all 5 longest 40ms
}

// printer is a sink that prints.
type printer struct{}

func (printer) Write(_ context.Context, batch []storage.Action) error {
	for _, a := range batch {
		fmt.Println("written:", a.Action)
	}
	return nil
}

func ExampleRing_Pump() {
	actions := ring.New(ring.Options{})
	actions.Pump("printer", printer{}, ring.PumpOptions{})
	actions.Log("CaseService", "createCase", storage.Success, 45*time.Millisecond, nil)

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := actions.Close(ctx); err != nil { // says what could not be written
		fmt.Println(err)
	}
	// Output: written: createCase
}

func ExampleRing_Follow() {
	actions := ring.New(ring.Options{})
	cursor := actions.Follow("") // from the oldest that is held
	actions.Log("CaseService", "createCase", storage.Success, 45*time.Millisecond, nil)
	actions.Log("CaseService", "closeCase", storage.Success, 5*time.Millisecond, nil)

	buf := make([]storage.Action, 16)
	n, missed, err := cursor.Next(context.Background(), buf)
	fmt.Println(n, "read,", missed, "missed,", err)
	// Output: 2 read, 0 missed, <nil>
}
