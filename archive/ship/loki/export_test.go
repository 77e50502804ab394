package loki

import (
	"actionlog/archive/ship"
	"actionlog/storage"
)

// TooOld is tooOld for a batch that was sent.
func TooOld(said string, batch []storage.Action) ship.Outcome {
	e := newEncoder(nil, false)
	e.body(batch)
	return e.tooOld(said, batch)
}
