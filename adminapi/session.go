package adminapi

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"net"
	"net/http"
	"sync"
)

// maxSessions bounds how many logins are remembered; beyond it the one longest
// unused is forgotten.
const maxSessions = 1024

// sessions are the logins of this process. They end with it, at a logout, or
// when there are too many. It is safe for concurrent use.
type sessions struct {
	mu   sync.Mutex
	by   map[loginKey]*list.Element
	used list.List // of the keys of by, the latest used first
}

// loginKey is the hash of the value of a login's cookie.
type loginKey [sha256.Size]byte

// begin returns the value of a new login's cookie: 26 letters and digits by
// chance, 130 bits.
func (s *sessions) begin() string {
	value := rand.Text()
	key := loginKey(sha256.Sum256([]byte(value)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = make(map[loginKey]*list.Element)
	}
	if len(s.by) >= maxSessions {
		delete(s.by, s.used.Remove(s.used.Back()).(loginKey))
	}
	s.by[key] = s.used.PushFront(key)
	return value
}

// has reports whether there is a login of that key. It is a hash, so how long
// that takes tells nothing of the values that there are.
func (s *sessions) has(key loginKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.by[key]
	if ok {
		s.used.MoveToFront(e)
	}
	return ok
}

// end forgets a login, and returns what its key was.
func (s *sessions) end(value string) loginKey {
	key := loginKey(sha256.Sum256([]byte(value)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.by[key]; ok {
		s.used.Remove(e)
		delete(s.by, key)
	}
	return key
}

// cookieName returns the name of the cookie of a login. Browsers keep the
// ports of one host apart in nothing but their origin, so the port is part of
// it: else who logs in to one server on a machine is logged out of another.
func cookieName(host string) string {
	if _, port, err := net.SplitHostPort(host); err == nil && digits(port) {
		return "actionlog-" + port
	}
	return "actionlog"
}

// cookies returns the values of the login's cookies that a request has. There
// may be several where base paths lie in one another.
func cookies(r *http.Request) []*http.Cookie { return r.CookiesNamed(cookieName(r.Host)) }

// loginOf returns the key of the login whose cookie a request has, if it has one.
func (s *sessions) loginOf(r *http.Request) (key loginKey, ok bool) {
	for _, c := range cookies(r) {
		if key = sha256.Sum256([]byte(c.Value)); s.has(key) {
			return key, true
		}
	}
	return loginKey{}, false
}
