package post_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
	"actionlog/archive/ship/internal/receiver"
)

// serve starts a server that says the name of the client's certificate.
func serve(t *testing.T, config *tls.Config) string {
	t.Helper()
	return receiver.ServeTLS(t, config, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Proto", r.Proto)
		for _, c := range r.TLS.PeerCertificates {
			io.WriteString(w, c.Subject.CommonName)
		}
	}))
}

func TestTLS(t *testing.T) {
	t.Parallel()
	ours, other := receiver.NewAuthority(t), receiver.NewAuthority(t)
	named, _, _ := ours.Pair(t, &x509.Certificate{DNSNames: []string{"else.example"}})
	expired, _, _ := ours.Pair(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(-time.Minute)})
	_, clientCert, clientKey := ours.Pair(t, &x509.Certificate{Subject: pkix.Name{CommonName: "client-7"}})
	_, strangeCert, strangeKey := other.Pair(t, &x509.Certificate{Subject: pkix.Name{CommonName: "strange"}})

	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	serves := func(pair tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{pair}} }
	old := ours.Server(t, false)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	for _, c := range []struct {
		name string
		url  string
		opts post.Options
		body string // of the answer
		want string // in the error
	}{
		{"private-authority", serve(t, ours.Server(t, false)), post.Options{CAFile: ours.File}, "", ""},
		{"wrong-authority", serve(t, ours.Server(t, false)), post.Options{CAFile: other.File}, "", "is not signed by one of CAFile " + other.File},
		{"no-authority", serve(t, ours.Server(t, false)), post.Options{}, "", "signed by none that this system trusts; CAFile names others"},
		{"wrong-name", serve(t, serves(named)), post.Options{CAFile: ours.File}, "", "check the certificate that it showed, and the URL"},
		{"expired", serve(t, serves(expired)), post.Options{CAFile: ours.File}, "", "certificate has expired"},
		{"old-version", serve(t, old), post.Options{CAFile: ours.File}, "", "protocol version"},
		{"client", serve(t, ours.Server(t, true)), post.Options{CAFile: ours.File, CertFile: clientCert, KeyFile: clientKey}, "client-7", ""},
		{"strange-client", serve(t, ours.Server(t, true)), post.Options{CAFile: ours.File, CertFile: strangeCert, KeyFile: strangeKey}, "", "deliver to the far side"},
		{"no-client", serve(t, ours.Server(t, true)), post.Options{CAFile: ours.File}, "", "deliver to the far side"},
		{"plain-http", strings.Replace(plain.URL, "http:", "https:", 1), post.Options{CAFile: ours.File}, "", "the URL would begin with http://"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.opts.URL = c.url
			reply, err := open(t, c.opts).Do(t.Context(), post.Request{Path: "/", Body: []byte("x")})
			if c.want == "" {
				if err != nil || string(reply.Body) != c.body {
					t.Errorf("%+v, %v", reply, err)
				}
				return
			}
			var e *ship.BatchError
			if !errors.As(err, &e) || e.Kind != ship.Unavailable || !strings.Contains(e.Error(), c.want) {
				t.Errorf("the error is %v; want %s", err, c.want)
			}
		})
	}
}

// TestHTTP2 is spoken where the far side speaks it.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	ours := receiver.NewAuthority(t)
	config := ours.Server(t, false)
	config.NextProtos = []string{"h2", "http/1.1"}
	c := open(t, post.Options{URL: serve(t, config), CAFile: ours.File})
	for range 3 {
		reply, err := c.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")})
		if err != nil || reply.Header.Get("X-Proto") != "HTTP/2.0" {
			t.Errorf("%+v, %v", reply, err)
		}
	}
}

// TestClientCertificateIsReplaced has the files hold another certificate when the
// next connection is made.
func TestClientCertificateIsReplaced(t *testing.T) {
	t.Parallel()
	ours := receiver.NewAuthority(t)
	url := serve(t, ours.Server(t, true))
	_, cert, key := ours.Pair(t, &x509.Certificate{Subject: pkix.Name{CommonName: "one"}})
	_, cert2, key2 := ours.Pair(t, &x509.Certificate{Subject: pkix.Name{CommonName: "two"}})
	c := open(t, post.Options{URL: url, CAFile: ours.File, CertFile: cert, KeyFile: key})
	ask := func(want string) {
		t.Helper()
		reply, err := c.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")})
		if err != nil || string(reply.Body) != want {
			t.Fatalf("%+v, %v; want %s", reply, err, want)
		}
		c.Close()
	}
	ask("one")
	for from, to := range map[string]string{cert2: cert, key2: key} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	ask("two")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")}); err == nil || !strings.Contains(err.Error(), "CertFile and KeyFile") {
		t.Errorf("without its key the error is %v", err)
	}
}
