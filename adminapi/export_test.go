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

// OpenStreams returns how many streams are open.
func (h *Handler) OpenStreams() int {
	h.streams.mu.Lock()
	defer h.streams.mu.Unlock()
	n := 0
	for _, k := range h.streams.peers {
		n += k
	}
	if n != len(h.streams.open) {
		panic("the count of streams by peer differs from that in all")
	}
	return n
}

// HoldTail sets how many bytes what all streams share may take.
func (h *Handler) HoldTail(n int) { h.streams.tailSize = n }
