package adminapi_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"actionlog/adminapi"

	"github.com/google/go-cmp/cmp"
)

func basic(user, password string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	token := adminapi.Options{Token: "s3cret-token"}
	password := adminapi.Options{Username: "ada", Password: "pass:wörd"}
	both := adminapi.Options{Token: "s3cret-token", Username: "ada", Password: "pass:wörd"}
	tests := []struct {
		name    string
		opts    adminapi.Options
		headers []string
		want    int
	}{
		{"none-asked-for", adminapi.Options{}, nil, 200},
		{"none-asked-for-some-given", adminapi.Options{}, []string{"Authorization: Bearer x"}, 200},
		{"token", token, []string{"Authorization: Bearer s3cret-token"}, 200},
		{"token-scheme-in-lower-case", token, []string{"Authorization: bearer s3cret-token"}, 200},
		{"token-more-spaces", token, []string{"Authorization: Bearer   s3cret-token"}, 200},
		{"token-missing", token, nil, 401},
		{"token-empty-header", token, []string{"Authorization: "}, 401},
		{"token-empty", token, []string{"Authorization: Bearer "}, 401},
		{"token-wrong", token, []string{"Authorization: Bearer s3cret-tokex"}, 401},
		{"token-part", token, []string{"Authorization: Bearer s3cret-toke"}, 401},
		{"token-longer", token, []string{"Authorization: Bearer s3cret-token-"}, 401},
		{"token-other-case", token, []string{"Authorization: Bearer S3cret-token"}, 401},
		{"token-without-scheme", token, []string{"Authorization: s3cret-token"}, 401},
		{"token-as-password", token, []string{basic("ada", "s3cret-token")}, 401},
		{"token-as-basic-of-nobody", token, []string{basic("", "")}, 401},
		{"token-twice", token, []string{"Authorization: Bearer s3cret-token", "Authorization: Bearer s3cret-token"}, 401},
		{"token-in-the-second", token, []string{"Authorization: Bearer x", "Authorization: Bearer s3cret-token"}, 401},
		{"password", password, []string{basic("ada", "pass:wörd")}, 200},
		{"password-missing", password, nil, 401},
		{"password-wrong", password, []string{basic("ada", "pass:word")}, 401},
		{"password-of-another", password, []string{basic("bob", "pass:wörd")}, 401},
		{"password-empty", password, []string{basic("ada", "")}, 401},
		{"password-shifted", password, []string{basic("ada:pass", "wörd")}, 200}, // the same bytes
		{"password-malformed", password, []string{"Authorization: Basic !!!"}, 401},
		{"password-without-colon", password, []string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ada"))}, 401},
		{"password-empty-token", password, []string{"Authorization: Bearer "}, 401},
		{"both-token", both, []string{"Authorization: Bearer s3cret-token"}, 200},
		{"both-password", both, []string{basic("ada", "pass:wörd")}, 200},
		{"both-neither", both, []string{basic("s3cret-token", "")}, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp := do(newHandler(t, tt.opts), request("GET", "/action-logs/stats", tt.headers...))
			if resp.StatusCode != tt.want {
				t.Fatalf("status %d, want %d", resp.StatusCode, tt.want)
			}
			if tt.want == 200 {
				return
			}
			got := detail(t, resp)
			for _, secret := range []string{"s3cret", "pass", "ada"} {
				if strings.Contains(got, secret) {
					t.Errorf("detail %q tells %q", got, secret)
				}
			}
			var want []string
			if tt.opts.Token != "" {
				want = append(want, `Bearer realm="action-logs"`)
			}
			if tt.opts.Username != "" {
				want = append(want, `Basic realm="action-logs", charset="UTF-8"`)
			}
			if diff := cmp.Diff(want, resp.Header.Values("WWW-Authenticate")); diff != "" {
				t.Errorf("WWW-Authenticate (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCredentialsDoNotOpenTheDoor has the guard's checks come first.
func TestCredentialsDoNotOpenTheDoor(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Token: "t", Authorize: func(*http.Request) error {
		t.Error("the hook was asked about a request that was already refused")
		return nil
	}})
	for _, headers := range [][]string{
		{"From-Peer: 203.0.113.9:1"}, {"Host: attacker.example"}, {"Upgrade: websocket", "Origin: https://attacker.example"},
	} {
		resp := do(h, request("GET", "/action-logs/stats", append(headers, "Authorization: Bearer t")...))
		if resp.StatusCode != 403 {
			t.Errorf("%v: status %d, want 403", headers, resp.StatusCode)
		}
	}
	if resp := do(h, request("GET", "/action-logs/stats")); resp.StatusCode != 401 {
		t.Errorf("without the token: status %d, want 401", resp.StatusCode)
	}
}

// TestEverythingAsksForCredentials holds also for what is no endpoint, but for
// what a page needs to ask for the token.
func TestEverythingAsksForCredentials(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Token: "t"})
	for _, target := range []string{"/action-logs", "/action-logs/client.js", "/action-logs/nothing", "/", "/action-logs/login", "/action-logs/login/x", "/action-logs//x", "/action-logs/recent?limit=0"} {
		for _, method := range []string{"GET", "POST", "OPTIONS", "HEAD", "BREW"} {
			want := 401
			switch {
			case (target == "/action-logs" || target == "/action-logs/client.js") && (method == "GET" || method == "HEAD"):
				want = 200
			case target == "/action-logs/login" && method == "POST":
				want = 415
			}
			if resp := do(h, request(method, target)); resp.StatusCode != want {
				t.Errorf("%s %s: status %d, want %d", method, target, resp.StatusCode, want)
			}
		}
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		hook   func(*http.Request) error
		status int
		detail string
	}{
		{"lets-in", func(r *http.Request) error {
			if r.URL.Path != "/action-logs/stats" || r.RemoteAddr == "" {
				return errors.New("not the request as it came")
			}
			return nil
		}, 200, ""},
		{"refuses", func(*http.Request) error { return errors.New("ldap at 10.0.0.9 says no") }, 403, "this request is not authorized"},
		{"answers", func(*http.Request) error {
			return &adminapi.Error{Status: 401, Detail: "log in first", Header: http.Header{"www-authenticate": {"Negotiate"}}}
		}, 401, "log in first"},
		{"answers-wrapped", func(*http.Request) error {
			return errors.Join(errors.New("x"), &adminapi.Error{Status: 429, Detail: "slow down"})
		}, 429, "slow down"},
		{"panics", func(*http.Request) error { panic("nil map") }, 500, "the server panicked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHandler(t, adminapi.Options{Authorize: tt.hook, OnError: func(*http.Request, error) {}})
			resp := do(h, request("GET", "/action-logs/stats"))
			if resp.StatusCode != tt.status {
				t.Fatalf("status %d, want %d: %s", resp.StatusCode, tt.status, body(t, resp))
			}
			if tt.status == 200 {
				return
			}
			if got := detail(t, resp); got != tt.detail {
				t.Errorf("detail %q, want %q", got, tt.detail)
			}
			if tt.name == "answers" && resp.Header.Get("WWW-Authenticate") != "Negotiate" {
				t.Errorf("the hook's header is not in %v", resp.Header)
			}
		})
	}
}
