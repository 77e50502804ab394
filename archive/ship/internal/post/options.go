package post

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Options say how a far side is reached.
type Options struct {
	// Product is the far side's name in errors.
	Product string

	// URL is where the far side is, without the path of an endpoint. A path
	// that it has stands before that of every request, a query that it has
	// is part of every request. It holds no user and no password.
	URL string

	// CAFile is a file of certificates in PEM. One of them must have signed
	// the far side's. Default: those that the system trusts.
	CAFile string

	// CertFile and KeyFile are a certificate and its key in PEM, to be shown
	// to the far side. They are read for every connection. Default none.
	CertFile, KeyFile string

	// Timeout is how long one request may take, with its answer. Default
	// 30 s.
	Timeout time.Duration

	// Credential is what the far side knows us by. Default none.
	Credential Credential

	// Headers are further headers. A value env:NAME or file:PATH names a
	// secret. Default none.
	Headers map[string]string
}

const defaultTimeout = 30 * time.Second

// withDefaults returns a completed copy.
func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	return o
}

// base checks the URL. Its errors don't show what may be a secret.
func (o Options) base() (*url.URL, error) {
	if o.URL == "" {
		return nil, errors.New("option URL is empty; it has to say where " + o.Product + " is, as in https://host.example")
	}
	u, err := url.Parse(o.URL)
	switch {
	case err != nil: // whose text holds the URL
		return nil, errors.New("option URL cannot be read; it has to be like https://host.example")
	case u.User != nil:
		return nil, errors.New("option URL holds a user or a password, which others see; name the secret in another option, as env:NAME or file:PATH")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("option URL begins with neither http:// nor https://")
	case u.Hostname() == "":
		return nil, errors.New("option URL names no host; it has to be like https://host.example")
	case u.Fragment != "":
		return nil, errors.New("option URL has a part after #, which is never sent")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// validate checks what base does not.
func (o Options) validate() error {
	if o.Timeout < 0 {
		return fmt.Errorf("option Timeout is %s; allowed is a positive duration, and 0 for the default", o.Timeout)
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return errors.New("of the options CertFile and KeyFile only one is set; a certificate needs its key")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		if !token(name) {
			return fmt.Errorf("option Headers has the name %q; allowed are letters, digits and hyphens", name)
		}
		if reserved[strings.ToLower(name)] {
			return fmt.Errorf("option Headers has the name %s, which is set by other means", name)
		}
	}
	return nil
}

// reserved are the headers that requests have of their own.
var reserved = map[string]bool{
	"host": true, "content-length": true, "content-type": true, "content-encoding": true, "accept-encoding": true,
	"connection": true, "transfer-encoding": true, "te": true, "trailer": true, "upgrade": true,
}

// token reports whether s can be the name of a header.
func token(s string) bool {
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return s != ""
}
