package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
)

// codeOf returns the server's word for an error, or nothing if it is not the
// server's.
func codeOf(err error) string {
	var resp minio.ErrorResponse
	if !errors.As(err, &resp) {
		return ""
	}
	return resp.Code
}

// statusOf returns the HTTP status of an error, or 0.
func statusOf(err error) int {
	var resp minio.ErrorResponse
	if !errors.As(err, &resp) {
		return 0
	}
	return resp.StatusCode
}

// passing reports whether an error may pass by itself.
func passing(err error) bool {
	switch codeOf(err) {
	case "SlowDown", "SlowDownWrite", "SlowDownRead", "Throttling", "ThrottlingException", "RequestThrottled",
		"RequestLimitExceeded", "RequestTimeout", "InternalError", "ServiceUnavailable", "OperationAborted",
		"ConditionalRequestConflict", "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch":
		return true // the last three: what arrived is not what was sent
	}
	if status := statusOf(err); status != 0 {
		return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500 && status != http.StatusNotImplemented
	}
	if errors.Is(err, errStalled) {
		return true
	}
	var local *fs.PathError
	var dns *net.DNSError
	switch {
	case isTLS(err), errors.As(err, &local):
		return false
	case errors.As(err, &dns):
		return !dns.IsNotFound
	}
	return true
}

// isTLS reports whether an error says that the two sides do not trust each
// other.
func isTLS(err error) bool {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	return errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid) ||
		errors.As(err, &verification) || errors.As(err, &header) ||
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// explain returns an error as a sentence that says what to do about it. It has
// no secret: of requests, nothing is told but the server's name.
func (b *Bucket) explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var resp minio.ErrorResponse
	if errors.As(err, &resp) {
		return b.explainAnswer(resp)
	}
	var of *url.Error // names the whole URL, with what identifies an upload
	if errors.As(err, &of) {
		err = of.Err
	}
	var local *fs.PathError
	switch text := err.Error(); {
	case errors.As(err, &local):
		return err
	case errors.Is(err, errStalled):
		return fmt.Errorf("%s: %w", b.host, err)
	case isTLS(err):
		return fmt.Errorf("%s is not trusted: %w; certificates of its own are named by --ca-file or AWS_CA_BUNDLE", b.host, err)
	case strings.Contains(text, "Connection closed by foreign host"):
		return fmt.Errorf("%s has closed the connection", b.host)
	}
	return fmt.Errorf("%s cannot be reached: %w", b.host, err)
}

// advice says what to do about what servers answer.
var advice = map[string]string{
	"SignatureDoesNotMatch":        "the secret does not belong to the access key; see AWS_SECRET_ACCESS_KEY or the profile",
	"InvalidAccessKeyId":           "the access key is not known there; see AWS_ACCESS_KEY_ID or the profile, and --endpoint",
	"InvalidClientTokenId":         "the access key is not known there; see AWS_ACCESS_KEY_ID or the profile, and --endpoint",
	"XAdminUserNotFound":           "the access key is not known there; see AWS_ACCESS_KEY_ID or the profile, and --endpoint", // versitygw
	"ExpiredToken":                 "the session token has expired",
	"InvalidToken":                 "the session token is not valid; see AWS_SESSION_TOKEN",
	"AccessDenied":                 "the credentials do not allow it; a push needs s3:ListBucket, s3:ListBucketMultipartUploads, s3:ListMultipartUploadParts, s3:PutObject, s3:GetObject and s3:AbortMultipartUpload",
	"NoSuchBucket":                 "there is no such bucket; make it first, a push does not",
	"RequestTimeTooSkewed":         "this machine's clock is wrong, or the server's",
	"AuthorizationHeaderMalformed": "the region may be wrong; see --region",
	"PermanentRedirect":            "the bucket is in another region; see --region",
	"InvalidRegion":                "the region is wrong; see --region",
}

// explainAnswer tells the server's code, its words, and what to do.
func (b *Bucket) explainAnswer(resp minio.ErrorResponse) error {
	code := first(resp.Code, http.StatusText(resp.StatusCode))
	text := fmt.Sprintf("%s answers %s", b.host, code)
	if resp.StatusCode != 0 && !strings.Contains(code, fmt.Sprint(resp.StatusCode)) {
		text = fmt.Sprintf("%s answers %d %s", b.host, resp.StatusCode, code)
	}
	if words := strings.TrimSpace(strings.TrimRight(resp.Message, ". ")); words != "" && words != code {
		text += ": " + shortened(words)
	}
	if hint := advice[resp.Code]; hint != "" {
		text += "; " + hint
	}
	if resp.Region != "" && resp.Region != b.opts.Region {
		text += fmt.Sprintf("; the bucket is in %s, and the region asked is %s", resp.Region, b.opts.Region)
	}
	return &answerError{text, resp}
}

// answerError is what a server answered, in words for people.
type answerError struct {
	text string
	resp minio.ErrorResponse
}

func (e *answerError) Error() string { return e.text }
func (e *answerError) Unwrap() error { return e.resp }

// shortened cuts a text of the server's that is too long to be a sentence.
func shortened(text string) string {
	const most = 300
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
