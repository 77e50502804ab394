package elasticsearch

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
	// URL is where Elasticsearch or OpenSearch is, such as
	// https://es.example:9200. A path and a query that it has are kept.
	URL string

	// DataStream is the data stream that actions go to. Default
	// logs-actionlog-default, or none if Index is set.
	DataStream string

	// Index is the index or the alias that actions go to instead of a data
	// stream. Default none.
	Index string

	// PutTemplate puts the index template that is part of this package,
	// under the name of the data stream or the index, before the first batch
	// is delivered. It replaces one of that name. The credentials have to
	// allow it (in Elasticsearch manage_index_templates). Default false.
	PutTemplate bool

	// APIKey names the secret of an API key, in its encoded form or as
	// id:key. Default none.
	APIKey string

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

// defaultStream follows the naming of data streams: type, data set, namespace.
const defaultStream = "logs-actionlog-default"

// withDefaults returns a completed copy.
func (o Options) withDefaults() Options {
	if o.DataStream == "" && o.Index == "" {
		o.DataStream = defaultStream
	}
	return o
}

// connection returns what the client needs of the options.
func (o Options) connection() (post.Options, error) {
	credential, err := post.Choose(
		post.Credential{Option: "APIKey", Scheme: "ApiKey", Secret: o.APIKey},
		post.Credential{Option: "Password", Scheme: "Basic", User: o.User, Secret: o.Password},
		post.Credential{Option: "Token", Scheme: "Bearer", Secret: o.Token},
	)
	return post.Options{
		Product: "Elasticsearch", URL: o.URL, CAFile: o.CAFile, CertFile: o.CertFile, KeyFile: o.KeyFile,
		Timeout: o.Timeout, Credential: credential, Headers: o.Headers,
	}, err
}

// target checks where the actions go.
func (o Options) target() (string, error) {
	if o.DataStream != "" && o.Index != "" {
		return "", errors.New("options DataStream and Index are both set; allowed is one of them")
	}
	option, name := "DataStream", o.DataStream
	if o.Index != "" {
		option, name = "Index", o.Index
	}
	if len(name) > maxIndexName || strings.ContainsAny(name[:1], "-_+.") || strings.ContainsFunc(name, unfit) {
		return "", fmt.Errorf("option %s is %q; allowed are up to %d lower-case letters, digits and - _ . +, of which the first is a letter or a digit", option, name, maxIndexName)
	}
	return name, nil
}

const maxIndexName = 255

// unfit reports whether an index cannot have the rune in its name.
func unfit(r rune) bool {
	return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.+", r))
}
