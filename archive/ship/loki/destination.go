package loki

import (
	"context"
	"sync"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

// Destination is a Loki. It is safe for concurrent use, and delivers one batch at
// a time.
type Destination struct {
	opts Options

	mu      sync.Mutex
	client  *post.Client
	encoder *encoder
}

var _ ship.Destination = (*Destination)(nil)

const pushPath = "/loki/api/v1/push"

// New returns a destination. It reads the files and secrets that opts name, and
// connects to nothing.
func New(opts Options) (*Destination, error) {
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
	return &Destination{opts: opts, client: client, encoder: newEncoder(opts.Labels, opts.InstanceLabel)}, nil
}

// Close gives the connections back. The destination can still be used.
func (d *Destination) Close() error {
	d.client.Close()
	return nil
}

// Deliver sends a line for each action; see [ship.Destination].
func (d *Destination) Deliver(ctx context.Context, batch []storage.Action) (ship.Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(batch) == 0 {
		return ship.Outcome{}, nil
	}
	reply, err := d.client.Do(ctx, post.Request{
		Path: pushPath, ContentType: "application/json", Header: d.header(), Body: d.encoder.body(batch),
	})
	if err != nil {
		return ship.Outcome{}, err
	}
	if !reply.OK() {
		return d.failed(reply, batch)
	}
	if reply.HTML() {
		return ship.Outcome{}, d.client.Error(ship.Unavailable, reply, "a page of HTML, which is no answer of Loki; check the URL")
	}
	return ship.Outcome{}, nil
}

// header returns the headers of a request.
func (d *Destination) header() map[string]string {
	if d.opts.Tenant == "" {
		return nil
	}
	return map[string]string{"X-Scope-OrgID": d.opts.Tenant}
}
