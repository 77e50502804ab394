package post_test

import (
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
	"actionlog/archive/ship/internal/receiver"
)

// TestSecretIsReadAgain replaces a secret between two requests, in a file and in
// the environment.
func TestSecretIsReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	for _, c := range []struct {
		name, source string
		set          func(string) error
	}{
		{"file", "file:" + file, func(s string) error { return os.WriteFile(file, []byte("\uFEFF"+s+"\r\n"), 0o600) }},
		{"env", "env:POST_SECRET", func(s string) error { t.Setenv("POST_SECRET", s); return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := receiver.Play(t, receiver.Answer{Status: 200})
			var client *post.Client
			for i, secret := range []string{"first", "second"} {
				if err := c.set(secret); err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					client = open(t, post.Options{URL: p.URL, Credential: post.Credential{Option: "Token", Scheme: "Bearer", Secret: c.source}})
				}
				if _, err := client.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")}); err != nil {
					t.Fatal(err)
				}
				if got := p.Requests()[i].Header.Get("Authorization"); got != "Bearer "+secret {
					t.Errorf("request %d has %q", i, got)
				}
			}
		})
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

// TestSecretGoesAway takes the file away after the first request: the batch waits
// until it is there again.
func TestSecretGoesAway(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := receiver.Play(t, receiver.Answer{Status: 200})
	c := open(t, post.Options{URL: p.URL, Credential: post.Credential{Option: "Token", Scheme: "Bearer", Secret: "file:" + file}})
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	_, err := c.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")})
	if err == nil || !strings.Contains(err.Error(), "Token cannot be read: open ") || len(p.Requests()) != 0 {
		t.Errorf("the error is %v, after %d requests", err, len(p.Requests()))
	}
}

func TestAuthorization(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct{ name, scheme, user, secret, want string }{
		{"bearer", "Bearer", "", "t", "Bearer t"},
		{"splunk", "Splunk", "", "t", "Splunk t"},
		{"basic", "Basic", "me", "p:w", "Basic " + encode("me:p:w")},
		{"api-key", "ApiKey", "", encode("id:key"), "ApiKey " + encode("id:key")},
		{"api-key-apart", "ApiKey", "", "id:key", "ApiKey " + encode("id:key")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("POST_SECRET", c.secret)
			p := receiver.Play(t, receiver.Answer{Status: 200})
			client := open(t, post.Options{URL: p.URL, Credential: post.Credential{Option: "X", Scheme: c.scheme, User: c.user, Secret: "env:POST_SECRET"}})
			if _, err := client.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")}); err != nil {
				t.Fatal(err)
			}
			if got := p.Requests()[0].Header.Get("Authorization"); got != c.want {
				t.Errorf("got %q; want %q", got, c.want)
			}
		})
	}
}

// TestSecretIsMasked has a far side repeat all that it was told, in the forms in
// which one may repeat it.
func TestSecretIsMasked(t *testing.T) {
	const inPath, inQuery = "0123456789abcdef0123", "fedcba9876543210fedc"
	for _, secret := range []string{
		"plain-word", "a", `quote"back\slash`, "per%cent&amp=+/ blank", "ünïcode-s3cret", strings.Repeat("long", 200), "dXNlcjpwYXNz", "eyJhbGciOiJub25lIn0.e30.",
	} {
		for _, scheme := range []string{"Bearer", "Basic", "ApiKey"} {
			t.Setenv("POST_SECRET", secret)
			t.Setenv("POST_OTHER", "other-"+secret)
			user := ""
			if scheme == "Basic" {
				user = "me"
			}
			encoded := base64.StdEncoding.EncodeToString([]byte("me:" + secret))
			for name, shown := range map[string]string{
				"plain": secret, "quoted": strconv.Quote(secret), "query": url.QueryEscape(secret), "header": "Authorization: " + scheme + " " + secret,
				"encoded": encoded, "other": "other-" + secret, "url": "/" + inPath + "/push?token=" + inQuery, "twice": secret + secret,
			} {
				if scheme != "Basic" && name == "encoded" {
					continue
				}
				p := receiver.Play(t, receiver.Answer{Status: 400, Body: "~<" + shown + ">~"})
				c := open(t, post.Options{
					URL: p.URL + "/" + inPath + "?token=" + inQuery, Credential: post.Credential{Option: "Token", Scheme: scheme, User: user, Secret: "env:POST_SECRET"},
					Headers: map[string]string{"X-Other": "env:POST_OTHER"},
				})
				reply, err := c.Do(t.Context(), post.Request{Path: "/push", Body: []byte("x")})
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range []string{c.Fault(reply, reply.Text()).Error(), c.Fault(reply, string(reply.Body)).Error(), c.Error(ship.Refused, reply, string(reply.Body)).Error()} {
					_, said, _ := strings.Cut(text, "~<")
					said, _, _ = strings.Cut(said, ">~")
					for _, leak := range []string{secret, strconv.Quote(secret), url.QueryEscape(secret), encoded, inPath, inQuery} {
						if strings.Contains(said, leak) && !(leak == "a" && said == "[redacted]") && !strings.Contains("[redacted]", leak) {
							t.Errorf("%s %s of %q shows in %q", scheme, name, secret, text)
						}
					}
				}
			}
		}
	}
}
