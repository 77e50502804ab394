package otlp

import (
	"errors"
	"strings"
	"time"

	"actionlog/archive/ship/internal/post"
)

// Options say where the actions go. URL is needed. A secret is named, not given:
// env:NAME is an environment variable, file:PATH a file of one line; it is read
// for every request, so it may be replaced at any time.
type Options struct {
	// URL is where the protocol is spoken, such as
	// https://collector.example:4318. Path is added to it.
	URL string

	// Path is where logs are taken. Default /v1/logs.
	Path string

	// User is the user of basic authentication, and Password names the
	// secret. Default none.
	User, Password string

	// Token names the secret of a bearer token. Default none.
	Token string

	// Headers are further headers, such as the one in which a vendor wants
	// its key. A value env:NAME or file:PATH names a secret. Default none.
	Headers map[string]string

	// Resource are further attributes of the resource, such as
	// deployment.environment.name. Default none.
	Resource map[string]string

	// CAFile is a file of certificates in PEM, one of which must have signed
	// the far side's. Default: those that the system trusts.
	CAFile string

	// CertFile and KeyFile are a certificate and its key in PEM, to be shown
	// to the far side. They are read for every connection. Default none.
	CertFile, KeyFile string

	// Timeout is how long one request may take, with its answer. Default
	// 30 s.
	Timeout time.Duration

	// Now is the clock by which a record was observed. Default time.Now.
	Now func() time.Time
}

// withDefaults returns a completed copy.
func (o Options) withDefaults() Options {
	if o.Path == "" {
		o.Path = "/v1/logs"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// validate checks what the client does not.
func (o Options) validate() error {
	if !strings.HasPrefix(o.Path, "/") || strings.ContainsAny(o.Path, "?#") {
		return errors.New("option Path has to begin with a slash, and has no ? and no #")
	}
	for name := range o.Resource {
		if name == "" || name == serviceName || name == serviceInstance {
			return errors.New("option Resource has an attribute without a name, or service.name or service.instance.id, which are the action's")
		}
	}
	return nil
}

const (
	serviceName     = "service.name"
	serviceInstance = "service.instance.id"
)

// connection returns what the client needs of the options.
func (o Options) connection() (post.Options, error) {
	credential, err := post.Choose(
		post.Credential{Option: "Password", Scheme: "Basic", User: o.User, Secret: o.Password},
		post.Credential{Option: "Token", Scheme: "Bearer", Secret: o.Token},
	)
	return post.Options{
		Product: "the OTLP receiver", URL: o.URL, CAFile: o.CAFile, CertFile: o.CertFile, KeyFile: o.KeyFile,
		Timeout: o.Timeout, Credential: credential, Headers: o.Headers,
	}, err
}
