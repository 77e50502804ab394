package splunk

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
)

// newChannel returns a random GUID, by which the collector tells one sender's
// acknowledgements from another's.
func newChannel() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Splunk is asked again after a quarter of a second, and then less and less often.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 10 * time.Second
)

// await asks until the collector has written what it gave id for.
func (d *Destination) await(ctx context.Context, id int64) error {
	deadline := time.Now().Add(d.opts.AcknowledgeTimeout)
	body := fmt.Appendf(nil, `{"acks":[%d]}`, id)
	var latest error
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		left := time.Until(deadline)
		if left <= 0 {
			break
		}
		select {
		case <-ctx.Done():
			return &ship.BatchError{Kind: ship.Unavailable, Err: fmt.Errorf("wait for the acknowledgement of Splunk: %w", ctx.Err())}
		case <-time.After(min(pause, left)):
		}
		done, err := d.acknowledged(ctx, body, id)
		if done {
			return nil
		}
		latest = err
	}
	if latest == nil {
		latest = fmt.Errorf("%s has not acknowledged a batch within %s", d.client.Place(ackPath), d.opts.AcknowledgeTimeout)
	}
	return &ship.BatchError{Kind: ship.Unavailable, Err: latest}
}

// acknowledged asks once. The error is why there was no answer.
func (d *Destination) acknowledged(ctx context.Context, body []byte, id int64) (bool, error) {
	reply, err := d.client.Do(ctx, post.Request{Path: ackPath, ContentType: contentType, Header: d.header(), Body: body})
	if err != nil {
		return false, err
	}
	if !reply.OK() {
		return false, d.client.Fault(reply, reply.Text())
	}
	var said struct {
		Acks map[string]bool `json:"acks"`
	}
	if err := json.Unmarshal(reply.Body, &said); err != nil {
		return false, d.client.Error(ship.Unavailable, reply, "that is no answer about acknowledgements: "+err.Error())
	}
	return said.Acks[strconv.FormatInt(id, 10)], nil
}
