package post_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship/internal/post"
)

// TestOptionsAreRefused checks that what cannot be is refused in words, none of
// which is the secret.
func TestOptionsAreRefused(t *testing.T) {
	t.Setenv("POST_TWO_LINES", "s3cret\nmore")
	dir := t.TempDir()
	empty, noise := filepath.Join(dir, "empty"), filepath.Join(dir, "noise")
	for path, text := range map[string]string{empty: " \n", noise: "s3cret is no PEM"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const url = "http://127.0.0.1:1"
	token := func(secret string) post.Options {
		return post.Options{URL: url, Credential: post.Credential{Option: "Token", Scheme: "Bearer", Secret: secret}}
	}
	for _, c := range []struct {
		name string
		opts post.Options
		want string
	}{
		{"no-url", post.Options{}, "URL is empty"},
		{"unreadable-url", post.Options{URL: "http://user:s3cret@host:port"}, "URL cannot be read"},
		{"user-in-url", post.Options{URL: "http://user:s3cret@host"}, "URL holds a user or a password"},
		{"token-in-url", post.Options{URL: "http://s3cret@host"}, "URL holds a user or a password"},
		{"scheme", post.Options{URL: "ftp://host/s3cret"}, "URL begins with neither http:// nor https://"},
		{"no-scheme", post.Options{URL: "s3cret.example"}, "URL begins with neither"},
		{"no-host", post.Options{URL: "http:///s3cret"}, "URL names no host"},
		{"fragment", post.Options{URL: "http://host/#s3cret"}, "URL has a part after #"},
		{"timeout", post.Options{URL: url, Timeout: -time.Second}, "Timeout is -1s"},
		{"key-alone", post.Options{URL: url, KeyFile: "key.pem"}, "CertFile and KeyFile only one is set"},
		{"no-ca", post.Options{URL: url, CAFile: filepath.Join(dir, "none")}, "CAFile cannot be read: open "},
		{"ca-is-none", post.Options{URL: url, CAFile: noise}, "holds no certificate in PEM"},
		{"no-certificate", post.Options{URL: url, CertFile: noise, KeyFile: noise}, "CertFile and KeyFile cannot be read: "},
		{"literal", token("s3cret"), "Token has to be env:NAME or file:PATH"},
		{"literal-colon", token("s3cret:more"), "Token has to be env:NAME or file:PATH"},
		{"nameless", token("env:"), "Token has to be env:NAME or file:PATH"},
		{"no-variable", token("env:POST_NOT_THERE"), "Token cannot be read: the environment variable POST_NOT_THERE is empty or not there"},
		{"no-file", token("file:" + filepath.Join(dir, "none")), "Token cannot be read: open "},
		{"empty-file", token("file:" + empty), "is empty or not there"},
		{"two-lines", token("env:POST_TWO_LINES"), "holds more than one line"},
		{"header-name", post.Options{URL: url, Headers: map[string]string{"X Y": "s3cret"}}, `Headers has the name "X Y"`},
		{"header-reserved", post.Options{URL: url, Headers: map[string]string{"content-type": "s3cret"}}, "content-type, which is set by other means"},
		{"header-value", post.Options{URL: url, Headers: map[string]string{"X": "s3cret\n"}}, "control character in the value of X"},
		{"header-variable", post.Options{URL: url, Headers: map[string]string{"X": "env:POST_NOT_THERE"}}, "Headers X cannot be read: the environment variable POST_NOT_THERE"},
		{"header-place", post.Options{URL: url, Headers: map[string]string{"X": "file:"}}, "Headers X has to be env:NAME or file:PATH"},
		{"two-authorizations", post.Options{
			URL: url, Credential: post.Credential{Option: "Token", Scheme: "Bearer", Secret: "env:HOME"}, Headers: map[string]string{"authorization": "s3cret"},
		}, "Headers has Authorization, and Token is set"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.opts.Product = "the far side"
			_, err := post.New(c.opts)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("the error is %v; want %s", err, c.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the secret shows: %v", err)
			}
		})
	}
}

func TestOneCredentialIsChosen(t *testing.T) {
	t.Parallel()
	password := func(user, secret string) post.Credential {
		return post.Credential{Option: "Password", Scheme: "Basic", User: user, Secret: secret}
	}
	token := post.Credential{Option: "Token", Scheme: "Bearer", Secret: "env:T"}
	for _, c := range []struct {
		name string
		all  []post.Credential
		want string // the option, or the error
	}{
		{"none", []post.Credential{password("", ""), {Option: "Token"}}, ""},
		{"token", []post.Credential{password("", ""), token}, "Token"},
		{"password", []post.Credential{password("u", "env:P"), {Option: "Token"}}, "Password"},
		{"two", []post.Credential{password("u", "env:P"), token}, "options Password and Token are both set; allowed is one way to be known"},
		{"no-password", []post.Credential{password("u", "")}, "option User is set, but Password is not"},
		{"no-user", []post.Credential{password("", "env:P")}, "option Password is set, but User is not"},
		{"colon", []post.Credential{password("a:b", "env:P")}, `option User is "a:b"; allowed is a name without a colon and control characters`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := post.Choose(c.all...)
			said := got.Option
			if err != nil {
				said = err.Error()
			}
			if said != c.want {
				t.Errorf("got %q; want %q", said, c.want)
			}
		})
	}
}
