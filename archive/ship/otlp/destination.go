package otlp

import (
	"context"
	"sync"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

// Destination is what takes logs by the OpenTelemetry protocol. It is safe for
// concurrent use, and delivers one batch at a time.
type Destination struct {
	opts Options

	mu      sync.Mutex
	client  *post.Client
	encoder *encoder
}

var _ ship.Destination = (*Destination)(nil)

// New returns a destination. It reads the files and secrets that opts name, and
// connects to nothing.
func New(opts Options) (*Destination, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	connection, err := opts.connection()
	if err != nil {
		return nil, err
	}
	client, err := post.New(connection)
	if err != nil {
		return nil, err
	}
	return &Destination{opts: opts, client: client, encoder: newEncoder(opts.Resource)}, nil
}

// Close gives the connections back. The destination can still be used.
func (d *Destination) Close() error {
	d.client.Close()
	return nil
}

// Deliver sends a record for each action; see [ship.Destination].
func (d *Destination) Deliver(ctx context.Context, batch []storage.Action) (ship.Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(batch) == 0 {
		return ship.Outcome{}, nil
	}
	reply, err := d.client.Do(ctx, post.Request{
		Path: d.opts.Path, ContentType: "application/x-protobuf", Body: d.encoder.body(batch, d.opts.Now()),
	})
	if err != nil {
		return ship.Outcome{}, err
	}
	if !reply.OK() {
		return ship.Outcome{}, d.failed(reply)
	}
	return d.taken(reply, len(batch))
}
