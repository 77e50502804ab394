package elasticsearch

import "actionlog/archive/ship"

// ReadBulk is readBulk without masks.
func ReadBulk(body []byte, n int) (ship.Outcome, error) {
	return readBulk(body, n, func(s string) string { return s })
}
