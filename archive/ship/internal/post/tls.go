package post

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
)

// tlsConfig reads what opts name.
func tlsConfig(opts Options) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if opts.CAFile != "" {
		pem, err := os.ReadFile(opts.CAFile)
		if err != nil {
			return nil, fmt.Errorf("option CAFile cannot be read: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("option CAFile %s holds no certificate in PEM", opts.CAFile)
		}
	}
	if opts.CertFile != "" {
		load := func() (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(opts.CertFile, opts.KeyFile)
			if err != nil {
				return nil, fmt.Errorf("options CertFile and KeyFile cannot be read: %w", err)
			}
			return &pair, nil
		}
		if _, err := load(); err != nil {
			return nil, err
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	}
	return config, nil
}

// explain adds to a failure of the network what to look at.
func (c *Client) explain(err error) error {
	err = bare(err)
	advice := ""
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown) && c.opts.CAFile != "":
		advice = "the certificate that it showed is not signed by one of CAFile " + c.opts.CAFile
	case errors.As(err, &unknown):
		advice = "the certificate that it showed is signed by none that this system trusts; CAFile names others"
	case errors.As(err, &name), errors.As(err, &invalid):
		advice = "check the certificate that it showed, and the URL"
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		advice = "it speaks plain HTTP there; the URL would begin with http://"
	}
	text := c.Mask(err.Error())
	if advice != "" {
		text += "; " + advice
	}
	return &failure{text: text, err: err}
}

// failure is an error in other words.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }
