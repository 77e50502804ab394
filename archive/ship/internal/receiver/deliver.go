package receiver

import (
	"context"
	"errors"
	"testing"

	"actionlog/archive/ship"
	"actionlog/storage"
)

// DeliverAll delivers a batch as a shipper does: what is to be sent again is, and
// a batch that is refused or too large is cut in two. It returns the reasons of
// what was refused, by id.
func DeliverAll(t testing.TB, ctx context.Context, d ship.Destination, batch []storage.Action) map[storage.ID]string {
	t.Helper()
	refused := map[storage.ID]string{}
	for rounds := 0; len(batch) > 0; rounds++ {
		if rounds > len(batch)+10 {
			t.Fatalf("%d actions are still not delivered after %d rounds", len(batch), rounds)
		}
		out, err := d.Deliver(ctx, batch)
		var e *ship.BatchError
		switch {
		case errors.As(err, &e) && e.Kind != ship.Unavailable && len(batch) == 1:
			refused[batch[0].ID] = e.Error()
			return refused
		case errors.As(err, &e) && e.Kind != ship.Unavailable:
			for _, half := range [][]storage.Action{batch[:len(batch)/2], batch[len(batch)/2:]} {
				for id, reason := range DeliverAll(t, ctx, d, half) {
					refused[id] = reason
				}
			}
			return refused
		case err != nil:
			t.Fatal(err)
		}
		CheckOutcome(t, out, len(batch))
		for _, r := range out.Refused {
			refused[batch[r.Index].ID] = r.Reason
		}
		var again []storage.Action
		for _, i := range out.Retry {
			again = append(again, batch[i])
		}
		batch = again
	}
	return refused
}
