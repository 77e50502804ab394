package otlp

import (
	"encoding/base64"
	"fmt"

	"actionlog/archive/ship"
	"actionlog/storage"
)

var _ ship.Previewer = (*Destination)(nil)

// Preview returns the request that an action would be sent as, in base64 behind a
// word that says so.
func (d *Destination) Preview(a *storage.Action) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.encoder.body([]storage.Action{*a}, d.opts.Now())
	return fmt.Appendf(nil, "protobuf of %d bytes, in base64: %s", len(b), base64.StdEncoding.EncodeToString(b)), nil
}
