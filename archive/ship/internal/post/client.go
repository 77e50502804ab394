package post

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"actionlog/archive/ship"
)

// Client sends requests to one far side. It is not safe for concurrent use.
type Client struct {
	opts    Options
	base    *url.URL
	http    *http.Client
	headers []header
	known   []string // the secrets of the latest request, and what was made of them
	zip     *gzip.Writer
}

// New returns a client. It reads every file that opts name, so that what is
// missing shows at once, and connects to nothing.
func New(opts Options) (*Client, error) {
	opts = opts.withDefaults()
	base, err := opts.base()
	if err != nil {
		return nil, err
	}
	if err := opts.validate(); err != nil {
		return nil, err
	}
	config, err := tlsConfig(opts)
	if err != nil {
		return nil, err
	}
	c := &Client{opts: opts, base: base}
	if c.zip, err = gzip.NewWriterLevel(nil, gzip.BestSpeed); err != nil {
		return nil, err
	}
	if c.headers, err = headersOf(opts); err != nil {
		return nil, err
	}
	if err := c.authorize(http.Header{}); err != nil {
		return nil, err
	}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: connectPatience, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:       config,
			TLSHandshakeTimeout:   connectPatience,
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   2,
			IdleConnTimeout:       90 * time.Second,
			ExpectContinueTimeout: time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

const connectPatience = 10 * time.Second

// KeepCookies sends back the cookies that the far side sets, by which a load
// balancer finds the one that it asked before.
func (c *Client) KeepCookies(jar http.CookieJar) { c.http.Jar = jar }

// Close gives the connections back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request is one request.
type Request struct {
	Method      string            // default POST
	Path        string            // of the endpoint, beginning with a slash
	Query       url.Values        // added to the URL's
	ContentType string            // of Body
	Header      map[string]string // further headers
	Body        []byte            // sent compressed; free again when Do returns
	Limit       int64             // the most bytes of the reply; default 1 MiB
}

const defaultLimit = 1 << 20

// Do sends a request. The error is that there was no whole answer within the
// time, a [*ship.BatchError] of kind Unavailable.
func (c *Client) Do(ctx context.Context, r Request) (*Reply, error) {
	timed, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	reply, err := c.do(timed, r)
	if err == nil {
		return reply, nil
	}
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %s", c.opts.Timeout)
	default:
		err = c.explain(err)
	}
	return nil, &ship.BatchError{Kind: ship.Unavailable, Err: fmt.Errorf("deliver to %s: %w", c.Place(r.Path), err)}
}

func (c *Client) do(ctx context.Context, r Request) (*Reply, error) {
	if r.Method == "" {
		r.Method = http.MethodPost
	}
	if r.Limit == 0 {
		r.Limit = defaultLimit
	}
	packed, err := c.pack(r.Body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, c.address(r), packed)
	if err != nil {
		return nil, errors.New("the URL cannot be used")
	}
	req.Header.Set("Content-Type", r.ContentType)
	req.Header.Set("Content-Encoding", "gzip")
	req.Header.Set("User-Agent", "actionlog")
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	if err := c.authorize(req.Header); err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, r.Limit+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	reply := &Reply{Status: res.StatusCode, Header: res.Header, Body: body, path: r.Path, mask: c.Mask}
	if int64(len(body)) > r.Limit {
		reply.Body, reply.Cut = body[:r.Limit], true
	}
	return reply, nil
}

// pack compresses a body. The transport may read it for a while after it has
// answered, so that every request has its own.
func (c *Client) pack(body []byte) (*bytes.Reader, error) {
	var packed bytes.Buffer
	c.zip.Reset(&packed)
	if _, err := c.zip.Write(body); err != nil {
		return nil, err
	}
	err := c.zip.Close()
	return bytes.NewReader(packed.Bytes()), err
}

// address returns the whole URL of a request.
func (c *Client) address(r Request) string {
	u := *c.base
	u.Path += r.Path
	if u.RawPath != "" {
		u.RawPath += r.Path
	}
	if len(r.Query) > 0 {
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+r.Query.Encode(), "&")
	}
	return u.String()
}

// Place names an endpoint in an error: what else is in the URL may be a secret.
func (c *Client) Place(path string) string {
	if c.base.Path != "" {
		path = "/…" + path
	}
	return c.opts.Product + " at " + c.base.Scheme + "://" + c.base.Host + path
}
