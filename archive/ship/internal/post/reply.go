package post

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"actionlog/archive/ship"
)

// Reply is what the far side answered.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	Cut    bool // whether the body is longer than it was read

	path string
	mask func(string) string
}

// OK reports whether the status is one of success.
func (r *Reply) OK() bool { return r.Status/100 == 2 }

// HTML reports whether the body is a page for people, as a proxy or a login
// form shows it, and no destination does.
func (r *Reply) HTML() bool {
	start := bytes.ToLower(bytes.TrimSpace(r.Body[:min(len(r.Body), 512)]))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

// Text returns the body for an error.
func (r *Reply) Text() string {
	if r.HTML() {
		return "a page of HTML"
	}
	return r.mask(string(r.Body))
}

// After returns how long the reply asks to wait, at most an hour; 0 if it does
// not say.
func (r *Reply) After() time.Duration {
	value := strings.TrimSpace(r.Header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxAfter/time.Second))) * time.Second
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds > 0 {
		return time.Duration(min(seconds, maxAfter.Seconds()) * float64(time.Second))
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(r.Header.Get("Date")) // by the clock that set the other
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), maxAfter)
}

const maxAfter = time.Hour

// Error returns the error of kind that the reply is for a whole batch, with the
// reason that the far side gave.
func (c *Client) Error(kind ship.Kind, r *Reply, reason string) *ship.BatchError {
	text := strconv.Itoa(r.Status)
	if name := http.StatusText(r.Status); name != "" {
		text += " " + name
	}
	if reason = c.Mask(reason); reason != "" {
		text += ": " + reason
	}
	return &ship.BatchError{Kind: kind, After: r.After(), Err: fmt.Errorf("%s answered %s", c.Place(r.path), text)}
}

// Fault returns the error that a status other than 2xx is for a whole batch.
// reason is what the far side said of it. Only a 400 and a 422 are about the
// records, unless another spoke than the far side; all else is about how and
// whether we are let in, and passes when that is put right.
func (c *Client) Fault(r *Reply, reason string) *ship.BatchError {
	switch r.Status {
	case http.StatusRequestEntityTooLarge:
		return c.Error(ship.TooLarge, r, reason)
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		if strange := c.strange(r); strange != "" {
			return c.Error(ship.Unavailable, r, strange)
		}
		return c.Error(ship.Refused, r, reason)
	}
	if advice := c.advice(r); advice != "" {
		if reason != "" {
			advice = "; " + advice
		}
		reason = c.Mask(reason) + advice
	}
	return c.Error(ship.Unavailable, r, reason)
}

// strange says who spoke in the far side's stead, if it was another.
func (c *Client) strange(r *Reply) string {
	if r.HTML() {
		return "a page of HTML, which is not the answer of " + c.opts.Product + "; check the URL and what stands between"
	}
	for _, said := range []string{"HTTP request to an HTTPS server", "HTTP request was sent to HTTPS port", "plain HTTP to an SSL-enabled server"} {
		if strings.Contains(string(r.Body), said) {
			return "it speaks TLS there; the URL would begin with https://"
		}
	}
	return ""
}

// advice says what to check.
func (c *Client) advice(r *Reply) string {
	switch {
	case r.Status/100 == 3:
		if to, err := url.Parse(r.Header.Get("Location")); err == nil && to.Host != "" {
			return "it sends us on to " + to.Scheme + "://" + to.Host + ", which is not followed; check the URL"
		}
		return "it sends us on, which is not followed; check the URL"
	case r.Status == http.StatusUnauthorized && len(c.headers) == 0:
		return "it asks who we are; set credentials"
	case r.Status == http.StatusUnauthorized:
		return "it does not know us; check " + c.secrets()
	case r.Status == http.StatusForbidden:
		return "it does not let us; check " + c.secrets() + " and the rights there"
	case r.Status == http.StatusProxyAuthRequired:
		return "check HTTPS_PROXY or HTTP_PROXY"
	case r.Status == http.StatusRequestTimeout, r.Status == http.StatusTooEarly, r.Status == http.StatusTooManyRequests:
		return ""
	case r.Status/100 == 4:
		return "there is no such endpoint; check the URL"
	}
	return ""
}

// secrets names the options that hold the credentials.
func (c *Client) secrets() string {
	if c.opts.Credential.Option != "" {
		return c.opts.Credential.Option
	}
	if len(c.opts.Headers) > 0 {
		return "Headers"
	}
	return "the credentials"
}
