package s3

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync/atomic"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Bucket is a place for archives: a bucket and a prefix. Its methods are safe for
// concurrent use as far as the functions of its Options are.
type Bucket struct {
	opts   Options
	name   string
	prefix string // empty, or with a slash at its end
	core   *minio.Core
	host   string // for messages
	wire   *http.Transport
	creds  *credentials.Credentials

	unchecked atomic.Bool // the server refuses headers of checksums
}

// Scheme is how the URLs of buckets begin.
const Scheme = "s3://"

// Open reads the URL of a bucket, s3://bucket or s3://bucket/prefix, and finds
// the credentials' source. It does not ask the server for anything.
func Open(place string, opts Options) (*Bucket, error) {
	name, prefix, err := parsePlace(place)
	if err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	b := &Bucket{opts: opts, name: name, prefix: prefix}
	return b, b.connect()
}

// String returns the URL of the place, which holds no secret.
func (b *Bucket) String() string { return strings.TrimSuffix(Scheme+b.name+"/"+b.prefix, "/") }

// Close lets go of idle connections.
func (b *Bucket) Close() { b.wire.CloseIdleConnections() }

// parsePlace returns the bucket and the prefix that a URL names.
func parsePlace(place string) (name, prefix string, err error) {
	rest, ok := strings.CutPrefix(place, Scheme)
	name, prefix, _ = strings.Cut(rest, "/")
	if !ok || name == "" {
		return "", "", fmt.Errorf("%q is no place for an archive; allowed is s3://bucket or s3://bucket/prefix", place)
	}
	if err := s3utils.CheckValidBucketName(name); err != nil {
		return "", "", fmt.Errorf("%q is no place for an archive: the bucket %q cannot be one: %w", place, name, err)
	}
	if prefix = strings.Trim(prefix, "/"); prefix == "" {
		return name, "", nil
	}
	if path.Clean(prefix) != prefix || strings.HasPrefix(prefix, "..") || strings.ContainsFunc(prefix, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", "", fmt.Errorf("%q is no place for an archive: the prefix %q has empty parts, . or .., or control characters", place, prefix)
	}
	return name, prefix + "/", nil
}

// key returns the key of the object that has a file's name.
func (b *Bucket) key(base string) string { return b.prefix + base }

// url returns the URL of an object, for messages.
func (b *Bucket) url(base string) string { return Scheme + b.name + "/" + b.key(base) }

// connect makes the client.
func (b *Bucket) connect() error {
	endpoint := first(b.opts.Endpoint, "https://s3.amazonaws.com")
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" {
		return fmt.Errorf("the endpoint %q is not understood; allowed is a URL of a scheme and a host, such as https://s3.example.org", redacted(endpoint))
	}
	b.host = u.Host
	if b.wire, err = newTransport(b.opts.CAFile); err != nil {
		return err
	}
	if b.creds, err = newCredentials(b.opts); err != nil {
		return fmt.Errorf("log in at %s: %w", b.host, err)
	}
	lookup := minio.BucketLookupDNS
	if b.opts.PathStyle || isLocal(u.Hostname()) || strings.Contains(b.name, ".") && u.Scheme == "https" {
		lookup = minio.BucketLookupPath // a certificate of *.host is not of buckets with dots
	}
	b.core, err = minio.NewCore(u.Host, &minio.Options{
		Creds:        b.creds,
		Secure:       u.Scheme == "https",
		Transport:    b.wire,
		Region:       b.opts.Region,
		BucketLookup: lookup,
		MaxRetries:   1, // trying again is done here
	})
	if err != nil {
		return fmt.Errorf("connect to %s: %w", u.Host, err)
	}
	b.core.SetAppInfo("actionlog", "1")
	return nil
}

// isLocal reports whether a host cannot have a bucket's name before its own.
func isLocal(host string) bool { return host == "localhost" || net.ParseIP(host) != nil }

// redacted returns a URL without what may be secret in it.
func redacted(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "…"
	}
	u.RawQuery, u.Fragment = "", ""
	return u.Redacted()
}
