package cli

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// The variables that hold secrets. A flag never does: others see it.
const (
	shipTokenVar    = "ACTIONLOG_SHIP_TOKEN"
	shipPasswordVar = "ACTIONLOG_SHIP_PASSWORD"
	shipKeyVar      = "ACTIONLOG_SHIP_API_KEY"
)

const secretHelp = `

Secrets are read from files that flags name, or from variables of the environment.`

// connection is the flags that say how a far side is reached. Secrets are named as
// env:NAME or file:PATH.
type connection struct {
	s *session

	tokenFile, keyFile, passwordFile string
	user                             string
	caFile, cert, certKey            string
	headerFlags                      []string
	timeout                          time.Duration

	token, apiKey, password string
	headers                 map[string]string
}

// addConnection gives a command the flags of a far side over HTTP.
func (s *session) addConnection(cmd *cobra.Command) *connection {
	c := &connection{s: s}
	f := cmd.Flags()
	f.StringVar(&c.tokenFile, "token-file", "", "`file` with the token; else the variable "+shipTokenVar)
	f.StringVar(&c.caFile, "ca-file", "", "`file` of certificates, one of which must have signed the far side's")
	f.StringVar(&c.cert, "cert-file", "", "`file` with a certificate to show to the far side")
	f.StringVar(&c.certKey, "key-file", "", "`file` with the certificate's key")
	f.StringArrayVar(&c.headerFlags, "header", nil, "a further header, `NAME=VALUE`; a value env:VARIABLE or file:PATH names a secret")
	f.DurationVar(&c.timeout, "timeout", 30*time.Second, "how long one request may take")
	return c
}

// addUser gives a command the flags of a user with a password.
func (c *connection) addUser(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.user, "user", "", "`name` of a user, with a password instead of a token")
	cmd.Flags().StringVar(&c.passwordFile, "password-file", "", "`file` with the user's password; else the variable "+shipPasswordVar)
}

// addAPIKey gives a command the flag of an API key.
func (c *connection) addAPIKey(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.keyFile, "api-key-file", "", "`file` with an API key; else the variable "+shipKeyVar)
}

// read completes the connection.
func (c *connection) read() (err error) {
	c.token = c.secret(c.tokenFile, shipTokenVar)
	c.apiKey = c.secret(c.keyFile, shipKeyVar)
	if c.user != "" {
		if c.password = c.secret(c.passwordFile, shipPasswordVar); c.password == "" {
			return fmt.Errorf("the password of the user %q is missing: --password-file names its file, or the variable %s holds it", c.user, shipPasswordVar)
		}
		if c.tokenFile == "" { // the variable is for another delivery
			c.token = ""
		}
	}
	c.headers, err = headersOf(c.headerFlags)
	return err
}

// secret names a secret: a file, else a variable that is set.
func (c *connection) secret(file, variable string) string {
	switch {
	case file != "":
		return "file:" + file
	case c.s.env.Getenv(variable) != "":
		return "env:" + variable
	}
	return ""
}

// headersOf reads the flags --header.
func headersOf(list []string) (map[string]string, error) {
	headers := map[string]string{}
	for _, text := range list {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, errors.New("a flag --header is not understood; allowed is NAME=VALUE")
		}
		if named := strings.HasPrefix(value, "env:") || strings.HasPrefix(value, "file:"); !named && secretHeader(name) {
			return nil, fmt.Errorf("flag --header holds the value of %s, which others see; allowed is env:VARIABLE or file:PATH, which name where it is", name)
		}
		headers[name] = value
	}
	return headers, nil
}

// secretHeader reports whether the name of a header sounds as if its value were a
// secret.
func secretHeader(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"auth", "cookie", "token", "key", "secret", "password"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// placeOf names a far side for people; what else is in its URL may be a secret.
func placeOf(product, text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return product
	}
	return product + " at " + u.Scheme + "://" + u.Host
}
