package adminapi

// What the fuzz targets look at from inside.
var (
	ParseForwarded    = parseForwarded
	ParseForwardedFor = parseForwardedFor
	Below             = below
	HostName          = hostName
)

// RememberedPeers returns how many peers the rate limit remembers.
func (h *Handler) RememberedPeers() int {
	l := h.guard.limit
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.peers) != l.heard.Len() {
		panic("the limiter's map and list differ")
	}
	return len(l.peers)
}
