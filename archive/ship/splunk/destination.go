package splunk

import (
	"context"
	"net/http/cookiejar"
	"sync"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

// Destination is the HTTP Event Collector of a Splunk. It is safe for concurrent
// use, and delivers one batch at a time.
type Destination struct {
	opts    Options
	channel string // of acknowledgements; empty without

	mu      sync.Mutex
	client  *post.Client
	encoder encoder
}

var _ ship.Destination = (*Destination)(nil)

const (
	eventPath   = "/services/collector/event"
	ackPath     = "/services/collector/ack"
	contentType = "application/json" // one collector says that it took a form, and drops it
)

// New returns a destination. It reads the files and secrets that opts name, and
// connects to nothing.
func New(opts Options) (*Destination, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	client, err := post.New(opts.connection())
	if err != nil {
		return nil, err
	}
	d := &Destination{opts: opts, client: client, encoder: encoder{opts: opts}}
	if opts.Acknowledge {
		d.channel = newChannel()
		// Only the collector that took a batch knows of it: behind a load
		// balancer it is found again by a cookie.
		jar, err := cookiejar.New(nil)
		if err != nil {
			return nil, err
		}
		client.KeepCookies(jar)
	}
	return d, nil
}

// Close gives the connections back. The destination can still be used.
func (d *Destination) Close() error {
	d.client.Close()
	return nil
}

// Deliver sends an event for each action; see [ship.Destination]. With
// acknowledgements it waits until the batch is written.
func (d *Destination) Deliver(ctx context.Context, batch []storage.Action) (ship.Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(batch) == 0 {
		return ship.Outcome{}, nil
	}
	reply, err := d.client.Do(ctx, post.Request{
		Path: eventPath, ContentType: contentType, Header: d.header(), Body: d.encoder.body(batch),
	})
	if err != nil {
		return ship.Outcome{}, err
	}
	if !reply.OK() {
		return d.failed(reply, len(batch))
	}
	a, err := readAnswer(reply.Body)
	switch {
	case err != nil:
		return ship.Outcome{}, d.client.Error(ship.Unavailable, reply, err.Error()+"; check the URL")
	case *a.Code != codeSuccess:
		return d.failed(reply, len(batch))
	case !d.opts.Acknowledge:
		return ship.Outcome{}, nil
	case a.AckID == nil:
		return ship.Outcome{}, d.client.Error(ship.Unavailable, reply, "it gives no ackId; Acknowledge is set, but the token has it switched off")
	}
	return ship.Outcome{}, d.await(ctx, *a.AckID)
}

// header returns the headers of a request.
func (d *Destination) header() map[string]string {
	if d.channel == "" {
		return nil
	}
	return map[string]string{"X-Splunk-Request-Channel": d.channel}
}
