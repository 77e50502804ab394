package loki

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"actionlog/archive/ship/internal/post"
)

// Options say where the actions go. URL is needed. A secret is named, not given:
// env:NAME is an environment variable, file:PATH a file of one line; it is read
// for every request, so it may be replaced at any time.
type Options struct {
	// URL is where Loki is, such as https://loki.example:3100. A path that it
	// has stands before /loki/api/v1/push.
	URL string

	// Tenant is sent as X-Scope-OrgID. Default none.
	Tenant string

	// Labels are further labels of every stream, the same for all actions.
	// Default none.
	Labels map[string]string

	// InstanceLabel makes the instance a label, too, so that there is a
	// stream for each service and instance. It is needed where what several
	// processes wrote is delivered after a longer outage; see the caveats of
	// the package. Default false.
	InstanceLabel bool

	// User is the user of basic authentication, and Password names the
	// secret. Default none.
	User, Password string

	// Token names the secret of a bearer token. Default none.
	Token string

	// CAFile is a file of certificates in PEM, one of which must have signed
	// the far side's. Default: those that the system trusts.
	CAFile string

	// CertFile and KeyFile are a certificate and its key in PEM, to be shown
	// to the far side. They are read for every connection. Default none.
	CertFile, KeyFile string

	// Headers are further headers. A value env:NAME or file:PATH names a
	// secret. Default none.
	Headers map[string]string

	// Timeout is how long one request may take, with its answer. Default
	// 30 s.
	Timeout time.Duration
}

// The labels that depend on the action.
const (
	serviceLabel  = "service"
	instanceLabel = "instance"
)

// validate checks what the client does not.
func (o Options) validate() error {
	if strings.ContainsFunc(o.Tenant, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("option Tenant is %q; allowed is printable ASCII without a space", o.Tenant)
	}
	for name, value := range o.Labels {
		switch {
		case !labelName(name):
			return fmt.Errorf("option Labels has the name %q; allowed are letters, digits and _, of which the first is no digit", name)
		case name == serviceLabel:
			return errors.New("option Labels has the name service, which is the action's")
		case name == instanceLabel && o.InstanceLabel:
			return errors.New("option Labels has the name instance, which is the action's with InstanceLabel")
		case value == "":
			return fmt.Errorf("option Labels has no value for %s", name)
		}
	}
	return nil
}

// labelName reports whether a label can have the name.
func labelName(s string) bool {
	for i, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || i > 0 && '0' <= c && c <= '9') {
			return false
		}
	}
	return s != ""
}

// connection returns what the client needs of the options.
func (o Options) connection() (post.Options, error) {
	credential, err := post.Choose(
		post.Credential{Option: "Password", Scheme: "Basic", User: o.User, Secret: o.Password},
		post.Credential{Option: "Token", Scheme: "Bearer", Secret: o.Token},
	)
	return post.Options{
		Product: "Loki", URL: o.URL, CAFile: o.CAFile, CertFile: o.CertFile, KeyFile: o.KeyFile,
		Timeout: o.Timeout, Credential: credential, Headers: o.Headers,
	}, err
}
