package splunk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"actionlog/archive/ship/internal/post"
)

// Options say where the actions go. URL and Token are needed. A secret is named,
// not given: env:NAME is an environment variable, file:PATH a file of one line; it
// is read for every request, so it may be replaced at any time.
type Options struct {
	// URL is where the HTTP Event Collector is, such as
	// https://splunk.example:8088. A path that it has stands before
	// /services/collector/event.
	URL string

	// Token names the secret of the collector's token.
	Token string

	// Index is the index that actions go to. Default: the token's.
	Index string

	// Source is the source of the events. Default actionlog.
	Source string

	// Sourcetype is the type of the events. Default _json, which Splunk
	// takes apart as JSON.
	Sourcetype string

	// Fields are what is indexed with the event: any of service, action,
	// status, code, method, route, instance, requestId, traceId and id.
	// Default service and status; an empty slice that is not nil is none.
	Fields []string

	// Acknowledge waits for every batch until Splunk has written it. The
	// token needs indexer acknowledgement switched on. Default false.
	Acknowledge bool

	// AcknowledgeTimeout is how long to wait before the batch is sent again.
	// Default 5 min, which Splunk advises.
	AcknowledgeTimeout time.Duration

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

const defaultAcknowledgeTimeout = 5 * time.Minute

// withDefaults returns a completed copy.
func (o Options) withDefaults() Options {
	if o.Source == "" {
		o.Source = "actionlog"
	}
	if o.Sourcetype == "" {
		o.Sourcetype = "_json"
	}
	if o.Fields == nil {
		o.Fields = []string{"service", "status"}
	}
	if o.AcknowledgeTimeout == 0 {
		o.AcknowledgeTimeout = defaultAcknowledgeTimeout
	}
	return o
}

// validate checks what the client does not.
func (o Options) validate() error {
	if o.Token == "" {
		return errors.New("option Token is empty; it has to name the collector's token, as env:NAME or file:PATH")
	}
	if o.AcknowledgeTimeout < 0 {
		return fmt.Errorf("option AcknowledgeTimeout is %s; allowed is a positive duration, and 0 for the default", o.AcknowledgeTimeout)
	}
	for i, name := range o.Fields {
		if !slices.Contains(fieldNames, name) {
			return fmt.Errorf("option Fields has %q; allowed are %s", name, strings.Join(fieldNames, ", "))
		}
		if slices.Contains(o.Fields[:i], name) {
			return fmt.Errorf("option Fields has %s twice", name)
		}
	}
	return nil
}

// fieldNames are what can be indexed.
var fieldNames = []string{"service", "action", "status", "code", "method", "route", "instance", "requestId", "traceId", "id"}

// connection returns what the client needs of the options.
func (o Options) connection() post.Options {
	return post.Options{
		Product: "Splunk", URL: o.URL, CAFile: o.CAFile, CertFile: o.CertFile, KeyFile: o.KeyFile, Timeout: o.Timeout,
		Credential: post.Credential{Option: "Token", Scheme: "Splunk", Secret: o.Token}, Headers: o.Headers,
	}
}
