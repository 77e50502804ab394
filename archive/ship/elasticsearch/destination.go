package elasticsearch

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

// Destination is an Elasticsearch or an OpenSearch. It is safe for concurrent
// use, and delivers one batch at a time.
type Destination struct {
	opts   Options
	target string

	mu      sync.Mutex
	client  *post.Client
	encoder *encoder
	ready   bool // whether the template is there, or not asked for
}

var _ ship.Destination = (*Destination)(nil)

// New returns a destination. It reads the files and secrets that opts name, and
// connects to nothing.
func New(opts Options) (*Destination, error) {
	opts = opts.withDefaults()
	target, err := opts.target()
	if err != nil {
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
	return &Destination{
		opts: opts, target: target, client: client,
		encoder: newEncoder(target, opts.Index == ""), ready: !opts.PutTemplate,
	}, nil
}

// Close gives the connections back. The destination can still be used.
func (d *Destination) Close() error {
	d.client.Close()
	return nil
}

// Deliver creates a document for each action; see [ship.Destination]. A document
// that is there already counts as taken. A batch of which the far side has taken
// and refused nothing is an error with its words.
func (d *Destination) Deliver(ctx context.Context, batch []storage.Action) (ship.Outcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(batch) == 0 {
		return ship.Outcome{}, nil
	}
	if err := d.putTemplate(ctx); err != nil {
		return ship.Outcome{}, err
	}
	reply, err := d.client.Do(ctx, post.Request{
		Path: "/_bulk", Query: url.Values{"filter_path": {wanted}}, ContentType: "application/x-ndjson",
		Body: d.encoder.body(batch), Limit: replyBase + replyItem*int64(len(batch)),
	})
	if err != nil {
		return ship.Outcome{}, err
	}
	if !reply.OK() {
		return ship.Outcome{}, d.fault(reply)
	}
	if reply.Cut {
		return ship.Outcome{}, d.client.Error(ship.Unavailable, reply, "the answer is longer than that to a bulk request; check the URL")
	}
	out, err := readBulk(reply.Body, len(batch), d.client.Mask)
	var held *heldUp
	switch {
	case errors.As(err, &held):
		return ship.Outcome{}, d.client.Error(ship.Unavailable, reply, "for every action "+held.reason)
	case err != nil:
		return ship.Outcome{}, d.client.Error(ship.Unavailable, reply, err.Error())
	}
	out.After = reply.After()
	return out, nil
}

// Bounds on an answer. An item that was refused has a reason, which quotes a part
// of a value.
const (
	replyBase = 1 << 20
	replyItem = 8 << 10
)

// fault is the error of a request that failed as a whole.
func (d *Destination) fault(reply *post.Reply) *ship.BatchError {
	var said errorReply
	if err := json.Unmarshal(reply.Body, &said); err != nil || said.Error == nil {
		return d.client.Fault(reply, reply.Text())
	}
	if reply.Status == http.StatusBadRequest && said.Error.ofCluster() {
		return d.client.Error(ship.Unavailable, reply, said.Error.text())
	}
	return d.client.Fault(reply, said.Error.text())
}

// putTemplate puts the index template, once.
func (d *Destination) putTemplate(ctx context.Context) error {
	if d.ready {
		return nil
	}
	reply, err := d.client.Do(ctx, post.Request{
		Method: http.MethodPut, Path: "/_index_template/" + d.target, ContentType: "application/json", Body: Template(d.target, d.opts.Index == ""),
	})
	if err != nil {
		return err
	}
	if !reply.OK() {
		fault := d.fault(reply)
		fault.Kind = ship.Unavailable // it is not about the batch
		return fault
	}
	d.ready = true
	return nil
}
