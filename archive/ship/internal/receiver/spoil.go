package receiver

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
)

// Spoil starts a server that stands before the one at the URL, and sends on what
// spoil makes of the bodies of requests.
func Spoil(t testing.TB, target string, spoil func(body []byte) []byte) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			zip, err := gzip.NewReader(r.In.Body)
			if err != nil {
				t.Errorf("unpack a request: %v", err)
				return
			}
			body, err := io.ReadAll(zip)
			if err != nil {
				t.Errorf("unpack a request: %v", err)
			}
			body = spoil(body)
			r.Out.Header.Del("Content-Encoding")
			r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			if len(body) == 0 {
				r.Out.Body = http.NoBody
			}
		},
	}
	s := httptest.NewServer(proxy)
	t.Cleanup(func() {
		s.Close()
		transport.CloseIdleConnections()
	})
	return s.URL
}
