package ship

import (
	"context"

	"actionlog/storage"
)

// To returns a destination that writes to a sink, such as a database. A batch is
// taken as a whole or offered again; an error of the sink that is a [*BatchError],
// or wraps one, says what to do instead.
func To(sink storage.Sink) Destination { return toSink{sink} }

type toSink struct{ sink storage.Sink }

// Deliver writes the batch.
func (t toSink) Deliver(ctx context.Context, batch []storage.Action) (Outcome, error) {
	return Outcome{}, t.sink.Write(ctx, batch)
}

// Preview returns what the sink shows, if it can, or the action as the archive has
// it.
func (t toSink) Preview(a *storage.Action) ([]byte, error) {
	if p, ok := t.sink.(Previewer); ok {
		return p.Preview(a)
	}
	return appendLine(nil, a), nil
}
