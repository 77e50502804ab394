package loki

import (
	"slices"

	"actionlog/archive/ship"
	"actionlog/storage"
)

var _ ship.Previewer = (*Destination)(nil)

// Preview returns the request that an action would be sent as.
func (d *Destination) Preview(a *storage.Action) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.encoder.body([]storage.Action{*a})), nil
}
