package loki

import (
	"actionlog/archive/ship"
	"actionlog/storage"
)

// TooOld is tooOld for a batch that was sent.
func TooOld(said string, batch []storage.Action) ship.Outcome {
	e := newEncoder(nil)
	e.body(batch)
	return tooOld(said, batch, e.times)
}
