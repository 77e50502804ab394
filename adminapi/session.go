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
	by   map[[sha256.Size]byte]*list.Element // by the hash of the cookie's value
	used list.List                           // of the keys of by, the latest used first
}

// begin returns the value of a new login's cookie: 26 letters and digits by
// chance, 130 bits.
func (s *sessions) begin() string {
	value := rand.Text()
	key := sha256.Sum256([]byte(value))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = make(map[[sha256.Size]byte]*list.Element)
	}
	if len(s.by) >= maxSessions {
		delete(s.by, s.used.Remove(s.used.Back()).([sha256.Size]byte))
	}
	s.by[key] = s.used.PushFront(key)
	return value
}

// known reports whether value is that of a login. It is looked for by its hash,
// so how long that takes tells nothing of the values that there are.
func (s *sessions) known(value string) bool {
	key := sha256.Sum256([]byte(value))
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.by[key]
	if ok {
		s.used.MoveToFront(e)
	}
	return ok
}

// end forgets a login.
func (s *sessions) end(value string) {
	key := sha256.Sum256([]byte(value))
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.by[key]; ok {
		s.used.Remove(e)
		delete(s.by, key)
	}
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

// loggedIn reports whether a request has the cookie of a login.
func (s *sessions) loggedIn(r *http.Request) bool {
	for _, c := range cookies(r) {
		if s.known(c.Value) {
			return true
		}
	}
	return false
}
