package adminapi_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"actionlog/adminapi"

	"github.com/google/go-cmp/cmp"
)

const jsonType = "Content-Type: application/json"

// post is a request with a body.
func post(target, body string, headers ...string) *http.Request {
	r := request("POST", target, headers...)
	r.Body = io.NopCloser(strings.NewReader(body))
	r.ContentLength = int64(len(body))
	return r
}

// logIn returns the cookie of a login, as a header.
func logIn(t testing.TB, h http.Handler, headers ...string) string {
	t.Helper()
	resp := do(h, post("/action-logs/login", `{"token":"s3cret"}`, append(headers, jsonType)...))
	if resp.StatusCode != http.StatusNoContent || len(resp.Cookies()) != 1 {
		t.Fatalf("login is %d with %v: %s", resp.StatusCode, resp.Cookies(), body(t, resp))
	}
	c := resp.Cookies()[0]
	return "Cookie: " + c.Name + "=" + c.Value
}

// TestLoginInABrowser keeps cookies as a browser does, wherever the API is
// mounted.
func TestLoginInABrowser(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		base, at string
		mount    func(http.Handler) http.Handler
	}{
		"as-it-is":       {"", "/action-logs", func(h http.Handler) http.Handler { return h }},
		"another-base":   {"/a/b", "/a/b", func(h http.Handler) http.Handler { return h }},
		"at-the-root":    {"/", "", func(h http.Handler) http.Handler { return h }},
		"prefix-removed": {"/", "/panel/logs", func(h http.Handler) http.Handler { return http.StripPrefix("/panel/logs", h) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(tt.mount(newHandler(t, adminapi.Options{BasePath: tt.base, Token: "s3cret"})))
			defer srv.Close()
			client := srv.Client()
			client.Jar, _ = cookiejar.New(nil)
			ask := func(method, path, body string) int {
				req, err := http.NewRequest(method, srv.URL+path, strings.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Sec-Fetch-Site", "same-origin")
				resp, err := client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				return resp.StatusCode
			}
			for i, step := range []struct {
				method, path, body string
				want               int
			}{
				{"GET", "/stats", "", 401},
				{"GET", "/", "", 200},
				{"POST", "/login", `{"token":"wrong"}`, 401},
				{"GET", "/stats", "", 401},
				{"POST", "/login", `{"token":"s3cret"}`, 204},
				{"GET", "/stats", "", 200},
				{"GET", "/service/x", "", 200},
				{"POST", "/clear", "", 201},
				{"POST", "/login", `{"token":"s3cret"}`, 204},
				{"GET", "/stats", "", 200},
				{"POST", "/logout", "", 204},
				{"GET", "/stats", "", 401},
				{"POST", "/logout", "", 204},
			} {
				if got := ask(step.method, tt.at+step.path, step.body); got != step.want {
					t.Errorf("step %d, %s %s: %d, want %d", i, step.method, step.path, got, step.want)
				}
			}
		})
	}
}

func TestLoginCookie(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Token: "s3cret"})
	for name, tt := range map[string]struct {
		headers []string
		want    string
	}{
		"plain":            {nil, "actionlog-8000=*; HttpOnly; SameSite=Strict"},
		"page":             {[]string{"Origin: http://localhost:8000"}, "actionlog-8000=*; HttpOnly; SameSite=Strict"},
		"page-by-https":    {[]string{"Origin: https://localhost", "Host: localhost"}, "actionlog=*; HttpOnly; Secure; SameSite=Strict"},
		"another-port":     {[]string{"Host: localhost:9000"}, "actionlog-9000=*; HttpOnly; SameSite=Strict"},
		"address":          {[]string{"Host: [::1]:9000"}, "actionlog-9000=*; HttpOnly; SameSite=Strict"},
		"without-any-port": {[]string{"Host: 127.0.0.1"}, "actionlog=*; HttpOnly; SameSite=Strict"},
	} {
		resp := do(h, post("/action-logs/login", `{"token":"s3cret"}`, append(tt.headers, jsonType+"; charset=utf-8")...))
		line := resp.Header.Get("Set-Cookie")
		_, value, _ := strings.Cut(line, "=")
		value, _, _ = strings.Cut(value, ";")
		if len(value) < 26 || strings.Contains(line, "s3cret") {
			t.Errorf("%s: cookie %q", name, line)
		}
		if diff := cmp.Diff(tt.want, strings.Replace(line, value, "*", 1)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if resp.StatusCode != 204 || body(t, resp) != "" {
			t.Errorf("%s: status %d", name, resp.StatusCode)
		}
	}
	if a, b := logIn(t, h), logIn(t, h); a == b {
		t.Error("two logins have the same cookie")
	}
	out := do(h, post("/action-logs/logout", "")).Header.Get("Set-Cookie")
	if want := "actionlog-8000=; Max-Age=0; HttpOnly; SameSite=Strict"; out != want {
		t.Errorf("logout sets %q, want %q", out, want)
	}
}

func TestLoginOverTLS(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(newHandler(t, adminapi.Options{Token: "s3cret"}))
	defer srv.Close()
	resp, err := srv.Client().Post(srv.URL+"/action-logs/login", "application/json", strings.NewReader(`{"token":"s3cret"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if c := resp.Cookies(); len(c) != 1 || !c[0].Secure {
		t.Errorf("cookies are %v", c)
	}
}

func TestLoginRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		headers    []string
		status     int
		detail     string
	}{
		{"wrong", `{"token":"s3cre7"}`, nil, 401, "the credentials are not right"},
		{"empty", `{"token":""}`, nil, 401, "the credentials are not right"},
		{"no-token", `{}`, nil, 400, `allowed is {"token":"…"}`},
		{"null", `{"token":null}`, nil, 400, `allowed is {"token":"…"}`},
		{"number", `{"token":7}`, nil, 400, `allowed is {"token":"…"}`},
		{"misspelt", `{"tokn":"s3cret"}`, nil, 400, `allowed is {"token":"…"}`},
		{"more", `{"token":"s3cret","more":1}`, nil, 400, `allowed is {"token":"…"}`},
		{"two", `{"token":"s3cret"}{"token":"s3cret"}`, nil, 400, `allowed is {"token":"…"}`},
		{"array", `["s3cret"]`, nil, 400, `allowed is {"token":"…"}`},
		{"text", `s3cret`, nil, 400, `allowed is {"token":"…"}`},
		{"nothing", ``, nil, 400, `allowed is {"token":"…"}`},
		{"form", `token=s3cret`, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, `the Content-Type is "application/x-www-form-urlencoded"; allowed is application/json`},
		{"plain-text", `{"token":"s3cret"}`, []string{"Content-Type: text/plain"}, 415, `allowed is application/json`},
		{"malformed-type", `{"token":"s3cret"}`, []string{"Content-Type: /"}, 415, `allowed is application/json`},
		{"packed", `{"token":"s3cret"}`, []string{jsonType, "Content-Encoding: gzip"}, 415, `the Content-Encoding is "gzip"; allowed is none`},
		{"too-large", `{"token":"` + strings.Repeat("x", 4096) + `"}`, nil, 413, "allowed are at most 4096 bytes"},
		{"another-origin", `{"token":"s3cret"}`, []string{jsonType, "Origin: http://localhost:3000"}, 403, "another origin"},
		{"another-site", `{"token":"s3cret"}`, []string{jsonType, "Sec-Fetch-Site: cross-site"}, 403, "another origin"},
		{"another-machine", `{"token":"s3cret"}`, []string{jsonType, "From-Peer: 192.0.2.1:5"}, 403, "address"},
		{"rebound", `{"token":"s3cret"}`, []string{jsonType, "Host: attacker.example"}, 403, "Host"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.headers == nil {
				tt.headers = []string{jsonType}
			}
			resp := do(newHandler(t, adminapi.Options{Token: "s3cret"}), post("/action-logs/login", tt.body, tt.headers...))
			if got := detail(t, resp); resp.StatusCode != tt.status || !strings.Contains(got, tt.detail) {
				t.Errorf("%d %q, want %d %q", resp.StatusCode, got, tt.status, tt.detail)
			}
			if c := resp.Cookies(); len(c) > 0 {
				t.Errorf("it sets %v", c)
			}
		})
	}
}

func TestLoginWithoutToken(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]adminapi.Options{
		"nothing-asked-for": {}, "password": {Username: "ada", Password: "x"},
	} {
		h := newHandler(t, opts)
		for _, target := range []string{"/action-logs/login", "/action-logs/logout"} {
			resp := do(h, post(target, `{"token":""}`, jsonType, basic("ada", "x")))
			if got := detail(t, resp); resp.StatusCode != 404 || !strings.Contains(got, "Options.Token is not set") {
				t.Errorf("%s: %s is %d %q", name, target, resp.StatusCode, got)
			}
		}
	}
}

// TestPasswordKeepsItsDoor has a browser ask for a password before it shows
// anything, for only a token can be given to a page.
func TestPasswordKeepsItsDoor(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Username: "ada", Password: "x"})
	if resp := do(h, request("GET", "/action-logs")); resp.StatusCode != 401 {
		t.Errorf("GET / is %d, want 401", resp.StatusCode)
	}
}

func TestCookieCounts(t *testing.T) {
	t.Parallel()
	opts := adminapi.Options{Token: "s3cret", AllowedOrigins: []string{"app://panel"}}
	h := newHandler(t, opts)
	cookie := logIn(t, h)
	elsewhere := logIn(t, newHandler(t, opts))
	tests := []struct {
		name    string
		headers []string
		want    int
	}{
		{"alone", []string{cookie}, 200},
		{"among-others", []string{"Cookie: a=b; actionlog-8000=old", cookie}, 200},
		{"own-page", []string{cookie, "Sec-Fetch-Site: same-origin"}, 200},
		{"typed-in", []string{cookie, "Sec-Fetch-Site: none"}, 200},
		{"page-of-another-port", []string{cookie, "Sec-Fetch-Site: same-site"}, 401},
		{"page-of-another-origin", []string{cookie, "Origin: http://localhost:3000"}, 401},
		{"page-of-an-allowed-origin", []string{cookie, "Origin: app://panel"}, 401},
		{"of-another-process", []string{elsewhere}, 401},
		{"of-another-port", []string{strings.Replace(cookie, "8000", "9000", 1)}, 401},
		{"changed", []string{cookie + "x"}, 401},
		{"empty", []string{"Cookie: actionlog-8000="}, 401},
		{"the-token", []string{"Cookie: actionlog-8000=s3cret"}, 401},
		{"with-a-right-header", []string{"Cookie: actionlog-8000=x", "Authorization: Bearer s3cret"}, 200},
		{"with-a-wrong-header", []string{cookie, "Authorization: Bearer wrong"}, 401},
		{"with-the-password-of-a-proxy", []string{cookie, basic("ada", "x")}, 200},
		{"with-two-headers", []string{cookie, basic("ada", "x"), basic("ada", "x")}, 401},
		{"from-a-stranger", []string{cookie, "From-Peer: 192.0.2.1:5"}, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if resp := do(h, request("GET", "/action-logs/stats", tt.headers...)); resp.StatusCode != tt.want {
				t.Errorf("status %d, want %d", resp.StatusCode, tt.want)
			}
		})
	}
	do(h, post("/action-logs/logout", "", cookie))
	if resp := do(h, request("GET", "/action-logs/stats", cookie)); resp.StatusCode != 401 {
		t.Errorf("after the logout the cookie is worth %d, want 401", resp.StatusCode)
	}
}

// TestCookieIsAuthorized has the hook still be asked.
func TestCookieIsAuthorized(t *testing.T) {
	t.Parallel()
	refused := false
	h := newHandler(t, adminapi.Options{Token: "s3cret", Authorize: func(*http.Request) error {
		if refused {
			return &adminapi.Error{Status: 403, Detail: "no"}
		}
		return nil
	}})
	cookie := logIn(t, h)
	refused = true
	for _, r := range []*http.Request{
		request("GET", "/action-logs/stats", cookie), request("GET", "/action-logs"), post("/action-logs/login", `{"token":"s3cret"}`, jsonType),
	} {
		if resp := do(h, r); resp.StatusCode != 403 {
			t.Errorf("%s %s is %d, want 403", r.Method, r.URL, resp.StatusCode)
		}
	}
}

// TestGuesses has wrong credentials of any kind be few, also where no rate is
// set.
func TestGuesses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(t, adminapi.Options{Now: time.Now, Token: "s3cret", Username: "ada", Password: "x", AllowedPrefixes: anyone})
		cookie := logIn(t, h)
		guess := func(i int, token string) *http.Response {
			switch i % 3 {
			case 0:
				return do(h, post("/action-logs/login", `{"token":"`+token+`"}`, jsonType))
			case 1:
				return do(h, request("GET", "/action-logs/stats", "Authorization: Bearer "+token))
			}
			return do(h, request("GET", "/action-logs/nothing", basic("ada", token)))
		}
		for i := range 10 {
			if resp := guess(i, "wrong"); resp.StatusCode != 401 {
				t.Fatalf("guess %d is %d", i, resp.StatusCode)
			}
		}
		for i := range 6 {
			token := "wrong"
			if i >= 3 {
				token = "s3cret"
			}
			if i == 5 {
				token = "x"
			}
			resp := guess(i, token)
			if got := detail(t, resp); resp.StatusCode != 429 || got != "too many wrong credentials; try again in 6 s" || resp.Header.Get("Retry-After") != "6" {
				t.Errorf("one too many with %q: %d %q", token, resp.StatusCode, got)
			}
		}
		if resp := do(h, request("GET", "/action-logs/stats", cookie)); resp.StatusCode != 200 {
			t.Errorf("who is logged in gets %d", resp.StatusCode)
		}
		if resp := do(h, request("GET", "/action-logs/stats", "Authorization: Bearer s3cret", "From-Peer: 192.0.2.1:5")); resp.StatusCode != 200 {
			t.Errorf("another peer gets %d", resp.StatusCode)
		}
		if resp := do(h, request("GET", "/action-logs/stats")); resp.StatusCode != 401 {
			t.Errorf("no guess at all gets %d", resp.StatusCode)
		}
		time.Sleep(6 * time.Second)
		for range 20 {
			if resp := guess(1, "s3cret"); resp.StatusCode != 200 {
				t.Fatalf("the right token gets %d after the wait", resp.StatusCode)
			}
		}
	})
}

// TestForeignGuesses has a page of another origin not use up what its user may
// try.
func TestForeignGuesses(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Token: "s3cret"})
	for i := range 12 {
		resp := do(h, request("GET", "/action-logs/stats", "Authorization: Bearer x", "Sec-Fetch-Site: cross-site"))
		if want := map[bool]int{true: 401, false: 429}[i < 10]; resp.StatusCode != want {
			t.Errorf("guess %d of another's page is %d, want %d", i, resp.StatusCode, want)
		}
	}
	logIn(t, h)
}

// TestOldCookieIsNoGuess has a page that was open when the server restarted
// learn that it must log in again, and be able to.
func TestOldCookieIsNoGuess(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Token: "s3cret"})
	for range 30 {
		if resp := do(h, request("GET", "/action-logs/stats", "Cookie: actionlog-8000=OLD")); resp.StatusCode != 401 {
			t.Fatalf("an old cookie gets %d", resp.StatusCode)
		}
	}
	logIn(t, h, "Cookie: actionlog-8000=OLD")
}

// TestPasswordOfAProxyIsNoGuess has a proxy that asks for a password of its own,
// and passes it on, keep nobody from logging in.
func TestPasswordOfAProxyIsNoGuess(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Token: "s3cret"})
	for range 30 {
		resp := do(h, request("GET", "/action-logs/stats", basic("ada", "s3cret")))
		if got := detail(t, resp); resp.StatusCode != 401 || got != "credentials are needed" {
			t.Fatalf("without a login it is %d %q", resp.StatusCode, got)
		}
	}
	cookie := logIn(t, h, basic("ada", "x"))
	if resp := do(h, request("GET", "/action-logs/stats", cookie, basic("ada", "x"))); resp.StatusCode != 200 {
		t.Errorf("with one it is %d", resp.StatusCode)
	}
}

func TestLoginsAreBounded(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Token: "s3cret"})
	first, used := logIn(t, h), logIn(t, h)
	for range 1023 {
		logIn(t, h)
		if resp := do(h, request("HEAD", "/action-logs/stats", used)); resp.StatusCode != 200 {
			t.Fatalf("the login in use gets %d", resp.StatusCode)
		}
	}
	if resp := do(h, request("GET", "/action-logs/stats", first)); resp.StatusCode != 401 {
		t.Errorf("the login longest unused gets %d", resp.StatusCode)
	}
	if n := h.RememberedLogins(); n != 1024 {
		t.Errorf("%d logins are remembered", n)
	}
}

func TestLoginsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Token: "s3cret", Store: empty{}})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				cookie := logIn(t, h)
				if resp := do(h, request("GET", "/action-logs/stats", cookie)); resp.StatusCode != 200 {
					t.Errorf("a new login gets %d", resp.StatusCode)
				}
				do(h, post("/action-logs/logout", "", cookie))
			}
		})
	}
	wg.Wait()
	if n := h.RememberedLogins(); n != 0 {
		t.Errorf("%d logins are left", n)
	}
}

// TestBodyThatDoesNotEnd has a client go away in the middle of a body.
func TestBodyThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{Token: "s3cret"})
	r := post("/action-logs/login", "", jsonType)
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"token":`), failing{}))
	resp := do(h, r)
	if got := detail(t, resp); resp.StatusCode != 400 || got != "the body could not be read to its end" {
		t.Errorf("%d %q", resp.StatusCode, got)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
