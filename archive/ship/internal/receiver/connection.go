package receiver

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net/http"
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship"
)

// Connection are the options that all destinations share.
type Connection struct {
	URL, CAFile, CertFile, KeyFile string
	Timeout                        time.Duration
	Headers                        map[string]string
}

// TestConnection checks that a destination does what its options say of the
// connection.
func TestConnection(t *testing.T, open func(Connection) (ship.Destination, error)) {
	t.Helper()
	ours, other := NewAuthority(t), NewAuthority(t)
	_, cert, key := ours.Pair(t, &x509.Certificate{Subject: pkix.Name{CommonName: "client"}})
	player := Play(t, Answer{Status: 503, Body: "later"})
	url := ServeTLS(t, ours.Server(t, true), player)
	silent := make(chan struct{})
	hung := ServeTLS(t, ours.Server(t, false), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent }))
	t.Cleanup(func() { close(silent) })
	for _, c := range []struct {
		name string
		conn Connection
		want string // of the error, since nothing is taken
	}{
		{"all", Connection{URL: url, CAFile: ours.File, CertFile: cert, KeyFile: key, Headers: map[string]string{"X-More": "more"}}, "503 Service Unavailable"},
		{"wrong-authority", Connection{URL: url, CAFile: other.File, CertFile: cert, KeyFile: key}, "is not signed by one of CAFile " + other.File},
		{"no-authority", Connection{URL: url, CertFile: cert, KeyFile: key}, "signed by none that this system trusts"},
		{"timeout", Connection{URL: hung, CAFile: ours.File, Timeout: 200 * time.Millisecond}, "no answer within 200ms"},
		{"no-key", Connection{URL: url, CertFile: cert}, "CertFile and KeyFile only one is set"},
		{"no-ca-file", Connection{URL: url, CAFile: key}, "holds no certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := open(c.conn)
			if err == nil {
				_, err = d.Deliver(t.Context(), Actions(1, time.Now()))
				closeIdle(t, d)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v; want %s", err, c.want)
			}
		})
	}
	if asked := player.Requests(); len(asked) != 1 || asked[0].Header.Get("X-More") != "more" {
		t.Errorf("the requests were %+v", asked)
	}
}

// closeIdle gives the connections back.
func closeIdle(t *testing.T, d ship.Destination) {
	t.Helper()
	c, ok := d.(interface{ Close() error })
	if !ok {
		t.Fatal("the destination cannot be closed")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
