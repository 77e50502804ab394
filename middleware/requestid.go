package middleware

import (
	"math/rand/v2"
	"net/http"

	"actionlog/storage"
)

// requestIDOf returns the id that a request came with, or "" if it has none
// or one that is not sane.
func (m *Middleware) requestIDOf(r *http.Request) string {
	if v := r.Header[m.opts.RequestIDHeader]; len(v) > 0 && saneID(v[0]) {
		return v[0]
	}
	return ""
}

// saneID reports whether s is short and of characters that mean nothing in
// logs, URLs, HTML and shells.
func saneID(s string) bool {
	if len(s) == 0 || len(s) > storage.MaxRequestID {
		return false
	}
	for i := range len(s) {
		if !idBytes[s[i]] {
			return false
		}
	}
	return true
}

var idBytes = func() (t [256]bool) {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+=@~"
	for i := range len(allowed) {
		t[allowed[i]] = true
	}
	return t
}()

// makeRequestID returns 32 hexadecimal digits of chance.
func makeRequestID() string {
	const digits = "0123456789abcdef"
	var id [32]byte
	for half := range 2 {
		v := rand.Uint64()
		for i := range 16 {
			id[half*16+i] = digits[v&15]
			v >>= 4
		}
	}
	return string(id[:])
}
