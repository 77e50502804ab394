package post_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // of its certificate
}

func newAuthority(t *testing.T, name string) *authority {
	a := &authority{}
	a.cert, a.key, a.file, _ = a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// sign makes a certificate, itself signed if a has none yet, and writes it and its
// key to files.
func (a *authority) sign(t *testing.T, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, string, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	c.NotBefore = time.Now().Add(-time.Hour)
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().Add(time.Hour)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, certFile, keyFile
}

// pair returns a certificate for a server or a client.
func (a *authority) pair(t *testing.T, c *x509.Certificate) (tls.Certificate, string, string) {
	t.Helper()
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	_, _, certFile, keyFile := a.sign(t, c)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	return pair, certFile, keyFile
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// serve starts a server that says the name of the client's certificate.
func serve(t *testing.T, config *tls.Config) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, c := range r.TLS.PeerCertificates {
			io.WriteString(w, c.Subject.CommonName)
		}
	}))
	s.TLS = config
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

func TestTLS(t *testing.T) {
	t.Parallel()
	ours, other := newAuthority(t, "ours"), newAuthority(t, "other")
	local := []net.IP{net.IPv4(127, 0, 0, 1)}
	good, _, _ := ours.pair(t, &x509.Certificate{IPAddresses: local})
	named, _, _ := ours.pair(t, &x509.Certificate{DNSNames: []string{"else.example"}})
	expired, _, _ := ours.pair(t, &x509.Certificate{IPAddresses: local, NotAfter: time.Now().Add(-time.Minute)})
	_, clientCert, clientKey := ours.pair(t, &x509.Certificate{Subject: pkix.Name{CommonName: "client-7"}})
	_, strangeCert, strangeKey := other.pair(t, &x509.Certificate{Subject: pkix.Name{CommonName: "strange"}})

	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	serves := func(pair tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{pair}} }
	old := serves(good)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	asks := serves(good)
	asks.ClientAuth, asks.ClientCAs = tls.RequireAndVerifyClientCert, ours.pool()
	for _, c := range []struct {
		name string
		url  string
		opts post.Options
		body string // of the answer
		want string // in the error
	}{
		{"private-authority", serve(t, serves(good)), post.Options{CAFile: ours.file}, "", ""},
		{"wrong-authority", serve(t, serves(good)), post.Options{CAFile: other.file}, "", "is not signed by one of CAFile " + other.file},
		{"no-authority", serve(t, serves(good)), post.Options{}, "", "signed by none that this system trusts; CAFile names others"},
		{"wrong-name", serve(t, serves(named)), post.Options{CAFile: ours.file}, "", "check the certificate that it showed, and the URL"},
		{"expired", serve(t, serves(expired)), post.Options{CAFile: ours.file}, "", "certificate has expired"},
		{"old-version", serve(t, old), post.Options{CAFile: ours.file}, "", "protocol version"},
		{"client", serve(t, asks), post.Options{CAFile: ours.file, CertFile: clientCert, KeyFile: clientKey}, "client-7", ""},
		{"strange-client", serve(t, asks), post.Options{CAFile: ours.file, CertFile: strangeCert, KeyFile: strangeKey}, "", "deliver to the far side"},
		{"no-client", serve(t, asks), post.Options{CAFile: ours.file}, "", "deliver to the far side"},
		{"plain-http", strings.Replace(plain.URL, "http:", "https:", 1), post.Options{CAFile: ours.file}, "", "the URL would begin with http://"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.opts.URL = c.url
			client := open(t, c.opts)
			reply, err := client.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")})
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

// TestClientCertificateIsReplaced has the files hold another certificate when the
// next connection is made.
func TestClientCertificateIsReplaced(t *testing.T) {
	t.Parallel()
	ours := newAuthority(t, "ours")
	server, _, _ := ours.pair(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}})
	url := serve(t, &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ours.pool()})
	_, cert, key := ours.pair(t, &x509.Certificate{Subject: pkix.Name{CommonName: "one"}})
	_, cert2, key2 := ours.pair(t, &x509.Certificate{Subject: pkix.Name{CommonName: "two"}})
	c := open(t, post.Options{URL: url, CAFile: ours.file, CertFile: cert, KeyFile: key})
	for i, want := range []string{"one", "two"} {
		reply, err := c.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")})
		if err != nil || string(reply.Body) != want {
			t.Fatalf("request %d: %+v, %v; want %s", i, reply, err, want)
		}
		for from, to := range map[string]string{cert2: cert, key2: key} {
			if err := os.Rename(from, to); err != nil && i == 0 {
				t.Fatal(err)
			}
		}
		c.Close()
	}
}
