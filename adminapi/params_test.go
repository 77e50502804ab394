package adminapi_test

import (
	"strings"
	"testing"

	"actionlog/adminapi"
)

func TestParameters(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{})
	tests := []struct {
		name, target string
		want         string // the detail of a 400; "" for 200
	}{
		{"limit-empty", "/recent?limit=", `parameter limit is ""; allowed is a whole number from 1 to 1000`},
		{"limit-without-value", "/recent?limit", `parameter limit is ""`},
		{"limit-zero", "/failed?limit=0", `parameter limit is "0"`},
		{"limit-negative", "/failed?limit=-1", `parameter limit is "-1"`},
		{"limit-too-large", "/service/x?limit=1001", `parameter limit is "1001"`},
		{"limit-signed", "/recent?limit=%2B5", `parameter limit is "+5"`},
		{"limit-space", "/recent?limit=+5", `parameter limit is " 5"`},
		{"limit-decimal", "/recent?limit=1.5", `parameter limit is "1.5"`},
		{"limit-overflow", "/recent?limit=99999999999999999999", `parameter limit is "99999999999999999999"`},
		{"limit-bad-escape", "/recent?limit=%zz", `parameter limit is "%zz"`},
		{"limit-semicolon", "/recent?limit=5;x=1", `parameter limit is "5;x=1"`},
		{"limit-nul", "/recent?limit=5%00", `parameter limit is "5\x00"`},
		{"limit-arabic-digits", "/recent?limit=%D9%A5", `parameter limit is`},
		{"limit-twice", "/recent?limit=5&limit=5", `allowed is one of it, not several`},
		{"limit-twice-escaped", "/recent?limit=5&l%69mit=5", `allowed is one of it, not several`},
		{"limit-long", "/recent?limit=" + strings.Repeat("9", 5000), `(5000 bytes)`},
		{"unknown-is-ignored", "/recent?foo=bar&page=2", ""},
		{"malformed-unknown-is-ignored", "/recent?foo=%zz&;;&=&&", ""},
		{"stats-ignores-all", "/stats?limit=0&limit=x", ""},
		{"search-unknown", "/search?servce=x", `parameter "servce" is unknown; known are service, action`},
		{"search-repeated", "/search?status=failed&status=failed", `at most 1 of it, not 2`},
		{"search-empty", "/search?q=", `parameter q is ""`},
		{"search-bad-escape", "/search?q=%zz", `the query part of the URL is malformed: invalid URL escape "%zz"`},
		{"search-semicolon", "/search?q=a;b", `the query part of the URL is malformed`},
		{"search-status", "/search?status=broken", `allowed is success or failed`},
		{"search-from", "/search?from=yesterday", `parameter from is "yesterday"; allowed is an RFC 3339 time`},
		{"search-range", "/search?from=2025-11-13&to=2025-11-01", `a moment after from`},
		{"search-cursor", "/search?cursor=abc", `parameter cursor is "abc"`},
		{"search-limit", "/search?limit=1001", `parameter limit is "1001"`},
		{"slow-unknown", "/slow?service=x", `parameter "service" is unknown; known are limit`},
		{"slow-limit", "/slow?limit=", `parameter limit is ""`},
		{"slow-twice", "/slow?limit=1&limit=2", `at most 1 of it, not 2`},
		{"slow-malformed", "/slow?limit=%zz", `the query part of the URL is malformed`},
		{"active-unknown", "/active?limit=1", `parameter "limit" is unknown; there are none here`},
		{"active-long-name", "/active?" + strings.Repeat("ä", 300), `… (600 bytes) is unknown; there are none here`},
		{"longest-query", "/recent?" + strings.Repeat("x", 64<<10), ""},
		{"too-long-query", "/recent?" + strings.Repeat("x", 64<<10+1), `the query part of the URL is 65537 bytes; allowed are at most 65536`},
		{"ten-megabytes", "/search?q=" + strings.Repeat("x", 10<<20), `allowed are at most 65536`},
		{"many-parameters", "/search?" + strings.Repeat("a&", 30000), `400`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp := do(h, request("GET", "/action-logs"+tt.target))
			if tt.want == "" {
				if resp.StatusCode != 200 {
					t.Fatalf("status %d: %s", resp.StatusCode, body(t, resp))
				}
				return
			}
			got := detail(t, resp)
			if resp.StatusCode != 400 || tt.want != "400" && !strings.Contains(got, tt.want) {
				t.Errorf("%d %q, want 400 …%q", resp.StatusCode, got, tt.want)
			}
			if len(got) > 1000 {
				t.Errorf("detail is %d bytes", len(got))
			}
		})
	}
}

// TestSearchPages follows next from page to page, with a time relative to a
// clock that stands still.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	h := newHandler(t, adminapi.Options{})
	var got []string
	next := ""
	for range 10 {
		target := "/action-logs/search?from=7d&limit=1&sort=timestamp"
		if next != "" {
			target += "&cursor=" + next
		}
		resp := do(h, request("GET", target))
		text := body(t, resp)
		if resp.StatusCode != 200 {
			t.Fatalf("%d: %s", resp.StatusCode, text)
		}
		_, service, _ := strings.Cut(text, `"service":"`)
		service, _, _ = strings.Cut(service, `"`)
		got = append(got, service)
		_, next, _ = strings.Cut(text, `"next":"`)
		if next, _, _ = strings.Cut(next, `"`); next == "" {
			break
		}
	}
	if want := "Häuser/Straßen AuthenticationService CaseService ChatService"; strings.Join(got, " ") != want {
		t.Errorf("pages are of %v, want %s", got, want)
	}
}
