package adminapi_test

import (
	"testing"

	"actionlog/adminapi"
)

func TestAllowedOrigins(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{AllowedOrigins: []string{"https://panel.example.com", "app://panel", "http://localhost:3000", "HTTPS://Other.example.com:443"}, Token: "t"})
	const auth = "Authorization: Bearer t"
	tests := []struct {
		name, method, target string
		headers              []string
		status               int
		allowed              string // Access-Control-Allow-Origin
	}{
		{"get", "GET", "/recent", []string{auth, "Origin: https://panel.example.com", "Sec-Fetch-Site: cross-site"}, 200, "https://panel.example.com"},
		{"get-by-an-app", "GET", "/recent", []string{auth, "Origin: app://panel"}, 200, "app://panel"},
		{"get-default-port", "GET", "/recent", []string{auth, "Origin: https://other.example.com"}, 200, "https://other.example.com"},
		{"get-error-is-readable", "GET", "/recent?limit=0", []string{auth, "Origin: app://panel"}, 400, "app://panel"},
		{"get-without-credentials-is-readable", "GET", "/recent", []string{"Origin: app://panel"}, 401, "app://panel"},
		{"get-unlisted", "GET", "/recent", []string{auth, "Origin: https://attacker.example"}, 200, ""},
		{"get-other-port", "GET", "/recent", []string{auth, "Origin: https://panel.example.com:444"}, 200, ""},
		{"get-other-scheme", "GET", "/recent", []string{auth, "Origin: http://panel.example.com"}, 200, ""},
		{"get-two-origins", "GET", "/recent", []string{auth, "Origin: app://panel", "Origin: app://panel"}, 200, ""},
		{"get-no-origin", "GET", "/recent", []string{auth}, 200, ""},
		{"post", "POST", "/clear", []string{auth, "Origin: http://localhost:3000", "Sec-Fetch-Site: same-site"}, 201, "http://localhost:3000"},
		{"post-unlisted", "POST", "/clear", []string{auth, "Origin: http://localhost:3001", "Sec-Fetch-Site: same-site"}, 403, ""},
		{"upgrade", "GET", "/recent", []string{auth, "Origin: app://panel", "Upgrade: websocket"}, 200, "app://panel"},
		{"post-two-origins", "POST", "/clear", []string{auth, "Origin: app://panel", "Origin: https://attacker.example"}, 403, ""},
		{"upgrade-unlisted", "GET", "/recent", []string{auth, "Origin: app://other", "Upgrade: websocket"}, 403, ""},
		{"stranger-learns-nothing", "GET", "/recent", []string{auth, "Origin: app://panel", "From-Peer: 203.0.113.9:1"}, 403, ""},
		{"preflight", "OPTIONS", "/clear", []string{"Origin: app://panel", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"}, 204, "app://panel"},
		{"preflight-unlisted", "OPTIONS", "/clear", []string{"Origin: app://other", "Access-Control-Request-Method: POST"}, 403, ""},
		{"options-is-no-preflight", "OPTIONS", "/clear", []string{"Origin: app://panel"}, 401, "app://panel"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp := do(h, request(tt.method, "/action-logs"+tt.target, tt.headers...))
			if resp.StatusCode != tt.status {
				t.Fatalf("status %d, want %d: %s", resp.StatusCode, tt.status, body(t, resp))
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != tt.allowed {
				t.Errorf("Access-Control-Allow-Origin is %q, want %q", got, tt.allowed)
			}
			if vary := resp.Header.Get("Vary"); vary != "Origin" && tt.name != "stranger-learns-nothing" {
				t.Errorf("Vary is %q, want Origin", vary)
			}
			if got := resp.Header.Get("Access-Control-Allow-Credentials"); got != "" {
				t.Errorf("Access-Control-Allow-Credentials is %q", got)
			}
			if tt.status >= 400 {
				detail(t, resp)
			}
		})
	}
}

func TestPreflightHeaders(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{AllowedOrigins: []string{"app://panel"}})
	resp := do(h, request("OPTIONS", "/action-logs/clear",
		"Origin: app://panel", "Access-Control-Request-Method: POST", "Access-Control-Request-Private-Network: true"))
	for name, want := range map[string]string{
		"Access-Control-Allow-Methods":         "GET, HEAD, POST",
		"Access-Control-Allow-Headers":         "Authorization, Content-Type, Last-Event-ID",
		"Access-Control-Max-Age":               "600",
		"Access-Control-Allow-Private-Network": "true",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestNoCORSByDefault has no page of another origin read anything.
func TestNoCORSByDefault(t *testing.T) {
	t.Parallel()
	resp := do(newHandler(t, adminapi.Options{}), request("GET", "/action-logs/recent", "Origin: https://attacker.example"))
	for name := range resp.Header {
		if len(name) > 15 && name[:15] == "Access-Control-" {
			t.Errorf("the answer has %s", name)
		}
	}
	if got := resp.Header.Get("Cross-Origin-Resource-Policy"); got != "same-origin" {
		t.Errorf("Cross-Origin-Resource-Policy is %q", got)
	}
}
