package post

import (
	"fmt"
	"net/http"
	"strings"
)

// header is a header whose value may have to be read.
type header struct {
	name   string
	secret Secret
	value  func(secret string) string
}

// headersOf returns the headers of every request.
func headersOf(o Options) (all []header, err error) {
	if cred := o.Credential; cred.Secret != "" {
		secret, err := ParseSecret(cred.Option, cred.Secret)
		if err != nil {
			return nil, err
		}
		all = append(all, header{authorization, secret, cred.value})
	}
	for name, value := range o.Headers {
		if strings.EqualFold(name, authorization) && o.Credential.Secret != "" {
			return nil, fmt.Errorf("option Headers has Authorization, and %s is set; allowed is one of the two", o.Credential.Option)
		}
		h := header{name: name, value: func(secret string) string { return secret }}
		if strings.HasPrefix(value, "env:") || strings.HasPrefix(value, "file:") {
			if h.secret, err = ParseSecret("Headers "+name, value); err != nil {
				return nil, err
			}
		} else if strings.ContainsFunc(value, control) {
			return nil, fmt.Errorf("option Headers has a control character in the value of %s", name)
		} else {
			h.value = func(string) string { return value }
		}
		all = append(all, h)
	}
	return all, nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

const authorization = "Authorization"

// plainSecret is from how many bytes on the value of a header that was not named,
// but given, may be a secret all the same.
const plainSecret = 8

// authorize reads the secrets, and sets the headers that they make.
func (c *Client) authorize(h http.Header) error {
	c.known = c.known[:0]
	for _, head := range c.headers {
		secret, err := head.secret.Read()
		if err != nil {
			return err
		}
		value := head.value(secret)
		h.Set(head.name, value)
		switch _, bare, _ := strings.Cut(value, " "); {
		case !head.secret.IsZero():
			c.known = append(c.known, value, secret, bare) // bare is without a scheme
		case len(value) >= plainSecret:
			c.known = append(c.known, value)
		}
	}
	return nil
}
