package storage_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"actionlog/storage"
)

// Secrets of the shapes that services give out, put together here so that no
// scanner takes this file for a leak.
var (
	letters36 = "abcdefghijklmnopqrstuvwxyz0123456789"
	jwt       = "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
	pem       = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nabc+/=\n-----END RSA PRIVATE KEY-----"
)

func TestRedactMasks(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"bearer", "got Bearer xyz", "got Bearer [redacted]"},
		{"bearer-small", "header bearer abc.DEF-123_~+/== rejected", "header bearer [redacted] rejected"},
		{"bearer-in-query", "?h=Bearer%20abc123", "?h=Bearer%20[redacted]"},
		{"authorization-bearer", "Authorization: Bearer abc.def (status 401)", "Authorization: [redacted] (status 401)"},
		{"authorization-token", "authorization: token abc123def", "authorization: [redacted]"},
		{"authorization-basic", "Authorization: Basic dXNlcjpwYXNz", "Authorization: [redacted]"},
		{"authorization-digest", "Authorization: Digest username=\"bob\", response=\"6629fae\"\nnext", "Authorization: [redacted]\nnext"},
		{"authorization-raw", "Proxy-Authorization: abc123", "Proxy-Authorization: [redacted]"},
		{"basic", "sent basic dXNlcjpwYXNz to it", "sent basic [redacted] to it"},
		{"basic-padded", "Basic dXNlcjpwYXNzMQ==", "Basic [redacted]"},
		{"header-map", "map[Authorization:[Bearer xyz] Accept:[*/*] Cookie:[a=b; c=d]]", "map[Authorization:[[redacted]] Accept:[*/*] Cookie:[[redacted]]]"},
		{"jwt", "token " + jwt + " expired", "token [redacted] expired"},
		{"jwt-without-signature", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0In0.", "[redacted]."},
		{"aws-key", "AKIA" + "IOSFODNN7EXAMPLE" + " denied", "[redacted] denied"},
		{"aws-session-key", "ASIA" + "IOSFODNN7EXAMPLE", "[redacted]"},
		{"aws-secret", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = [redacted]"},
		{"aws-signature", "?X-Amz-Signature=fe5f80&X-Amz-Credential=abc&x=1", "?X-Amz-Signature=[redacted]&X-Amz-Credential=[redacted]&x=1"},
		{"github", "clone with ghp_" + letters36, "clone with [redacted]"},
		{"github-oauth", "gho_" + letters36 + ".", "[redacted]."},
		{"github-server", "(ghs_" + letters36 + ")", "([redacted])"},
		{"github-fine", "github_pat_11ABCDEFG0" + letters36 + "_x", "[redacted]"},
		{"slack", "xoxb-" + "123456789012-abcdef", "[redacted]"},
		{"stripe", "key sk_live_" + "4eC39HqLyjWDarjtT1", "key [redacted]"},
		{"stripe-restricted", "rk_live_" + "4eC39HqLyjWDarjtT1", "[redacted]"},
		{"google", "?key=AIza" + "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "?key=[redacted]"},
		{"openai", "Incorrect API key provided: sk-proj-" + letters36 + "ABC", "Incorrect API key provided: [redacted]"},
		{"openai-old", "sk-" + letters36, "[redacted]"},
		{"anthropic", "x sk-ant-api03-" + letters36, "x [redacted]"},
		{"npm", "npm_" + letters36, "[redacted]"},
		{"gitlab", "glpat-" + "ABCDEFGHIJ_123456789", "[redacted]"},
		{"sendgrid", "SG." + "ngeVfQFYQlKU0ufo8x5d1A" + "." + "TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5cr", "[redacted]"},
		{"hugging-face", "hf_" + letters36, "[redacted]"},
		{"private-key", "load " + pem + " failed", "load [redacted] failed"},
		{"private-key-cut", "load -----BEGIN PRIVATE KEY-----\nMIIEpAIB", "load [redacted]"},
		{"private-key-escaped", `"-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n"`, `"[redacted]\n"`},
		{"url", "dial postgres://bob:hunter2@db:5432/x?sslmode=off", "dial postgres://bob:[redacted]@db:5432/x?sslmode=off"},
		{"url-mail-as-user", "smtp://bob@corp.com:hunter2@smtp.corp.com", "smtp://[redacted]:[redacted]@smtp.corp.com"},
		{"url-no-user", "redis://:hunter2@cache:6379", "redis://:[redacted]@cache:6379"},
		{"url-at-in-password", "https://bob:p@ss@host/x", "https://bob:[redacted]@host/x"},
		{"url-slash-in-password", "amqp://bob:p/ss@host/x", "amqp://bob:[redacted]@host/x"},
		{"url-token-as-user", "https://ghp_" + letters36 + ":x@github.com/o/r", "https://[redacted]:[redacted]@github.com/o/r"},
		{"url-long-user", "https://0123456789abcdef0123@host/x", "https://[redacted]@host/x"},
		{"pair", "password=hunter2", "password=[redacted]"},
		{"pair-in-query", "/login?user=bob&password=hunter2&x=1", "/login?user=bob&password=[redacted]&x=1"},
		{"pair-in-dsn", "host=db user=bob password=hun,ter2 dbname=x", "host=db user=bob password=[redacted] dbname=x"},
		{"pair-semicolon", "Server=db;Pwd=hunter2;Database=x", "Server=db;Pwd=[redacted];Database=x"},
		{"pair-spaces", "secret = abc", "secret = [redacted]"},
		{"pair-camel", "clientSecret=abc accessToken=def", "clientSecret=[redacted] accessToken=[redacted]"},
		{"pair-in-brackets", "(user: bob, password: hunter2)", "(user: bob, password: [redacted])"},
		{"pair-array", "user[password]=hunter2&user[name]=bob", "user[password]=[redacted]&user[name]=bob"},
		{"pair-encoded", "next=%2Fx%3Ftoken%3Dabc123", "next=%2Fx%3Ftoken%3D[redacted]"},
		{"pair-assigned", `apiKey := "abc"`, `apiKey := "[redacted]"`},
		{"pair-arrow", `:password => "hunter2", :x => 1`, `:password => "[redacted]", :x => 1`},
		{"pair-weak", "sid=abc&pass=def", "sid=[redacted]&pass=[redacted]"},
		{"pair-numbered", "password2=x", "password2=[redacted]"},
		{"pair-confirmation", "password_confirmation=x", "password_confirmation=[redacted]"},
		{"colon", "X-Api-Key: abc123", "X-Api-Key: [redacted]"},
		{"colon-tight", "{User:bob Password:hunter2 Role:admin}", "{User:bob Password:[redacted] Role:admin}"},
		{"colon-scheme", "token: Bearer abc123", "token: [redacted]"},
		{"json", `{"user":"bob","password":"hun\"ter2","n":1}`, `{"user":"bob","password":"[redacted]","n":1}`},
		{"json-spaced", `{ "api_key" : "abc", "n": 1 }`, `{ "api_key" : "[redacted]", "n": 1 }`},
		{"json-number", `{"pin_secret":1234,"n":1}`, `{"pin_secret":[redacted],"n":1}`},
		{"json-in-json", `"{\"token\":\"abc\",\"n\":1}"`, `"{\"token\":\"[redacted]\",\"n\":1}"`},
		{"json-weak", `{"auth":"abc"}`, `{"auth":"[redacted]"}`},
		{"json-cut", `{"password":"hunter2`, `{"password":"[redacted]`},
		{"single-quotes", `{'token': 'abc'}`, `{'token': '[redacted]'}`},
		{"cookie", "Cookie: a=b; c=d", "Cookie: [redacted]"},
		{"set-cookie", "Set-Cookie: sid=abc; Path=/; HttpOnly\nX: y", "Set-Cookie: [redacted]\nX: y"},
		{"session", "session=8f3a", "session=[redacted]"},
		{"card", "card 4111111111111111 declined", "card [redacted] declined"},
		{"card-spaces", "4111 1111 1111 1111", "[redacted]"},
		{"card-dashes", "no. 5500-0000-0000-0004.", "no. [redacted]."},
		{"card-plus", "?n=4111+1111+1111+1111", "?n=[redacted]"},
		{"card-encoded", "?n=4111%201111%201111%201111", "?n=[redacted]"},
		{"card-amex", "3782 822463 10005", "[redacted]"},
		{"card-after-number", "5 4111111111111111", "5 [redacted]"},
		{"card-before-date", "4111111111111111 12/26", "[redacted] 12/26"},
		{"card-13", "4222222222222", "[redacted]"},
		{"card-19", "6304000000000000000", "[redacted]"},
		{"email", "user bob@example.com not found", "user [redacted] not found"},
		{"email-tagged", "<bob.o'neil+tag@mail.example.co.uk>", "<[redacted]>"},
		{"email-at-the-end", "mail to bob@example.com.", "mail to [redacted]."},
		{"email-encoded", "?mail=bob%40example.com&x=1", "?mail=[redacted]&x=1"},
		{"email-unicode", "jörg@größe.de", "[redacted]"},
		{"email-punycode", "a@xn--gre-6ka8i.xn--p1ai", "[redacted]"},
		{"card-as-user", "4111111111111111@example.com", "[redacted]@example.com"},
		{"two", "bob@example.com password=x", "[redacted] password=[redacted]"},
	}
	r := storage.DefaultRedactor()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := r.Text(test.text)
			if got != test.want {
				t.Errorf("%s\n got %s\nwant %s", test.text, got, test.want)
			}
			if again := r.Text(got); again != got {
				t.Errorf("redacting %s again makes it %s", got, again)
			}
			for _, around := range []string{"x: ", "é ", "\xff ", `"`} {
				if got := r.Text(around + test.text); got != around+test.want {
					t.Errorf("after %q: got %s", around, got)
				}
			}
		})
	}
}

func TestRedactKeeps(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text string }{
		{"plain", "dial tcp 10.0.0.1:5432: connect: connection refused"},
		{"empty", ""},
		{"unicode", "Größe überschritten: 服务 🙂"},
		{"not-utf8", "a\xff\xfeb"},
		{"bearer-prose", "bearer token is missing"},
		{"bearer-challenge", `Bearer realm="api"`},
		{"bearer-of", "the bearer of this"},
		{"forbearer", "forbearer abc123"},
		{"basic-prose", "basic validation failed"},
		{"basic-auth", "Basic authentication required"},
		{"token-prose", "invalid token: expected } but got EOF"},
		{"token-sign", "unexpected token: <"},
		{"token-missing", "authorization: token missing"},
		{"password-prose", "password: too short"},
		{"password-is-null", `{"password":null,"token":true}`},
		{"password-empty", "password="},
		{"password-empty-in-dsn", "host=db password= dbname=x"},
		{"password-empty-json", `{"password":"","n":1}`},
		{"password-placeholder", "password=%s"},
		{"tokens", "max_tokens=4096 exceeded, completion_tokens: 512"},
		{"token-type", "token_type=bearer&expires_in=3600"},
		{"token-count", "tokenCount=5"},
		{"secretary", "secretary: Bob"},
		{"author", "author: Bob"},
		{"possession", "possession: 5"},
		{"pass-prose", "tests pass: 3, fail: 2"},
		{"auth-prose", "auth: user bob unknown"},
		{"comparison", "token == nil || secret != x"},
		{"scope", "std::secret::Key"},
		{"email-without-dot", "root@localhost"},
		{"email-version", "github.com/x/y@v1.2.3"},
		{"email-image", "logo@2x.png"},
		{"email-handle", "hello @bob and @ home"},
		{"git-remote", "git@github.com:o/r.git"},
		{"url-user", "ssh://git@github.com/o/r"},
		{"url-user-and-host", "postgres://bob@db.example.com/x"},
		{"url-port", "https://host:8080/@bob"},
		{"url-path-at", "https://medium.com/@bob/x"},
		{"url-ipv6", "http://[::1]:8080/@bob"},
		{"card-bad-digit", "4111111111111112"},
		{"card-too-long", "41111111111111111111"},
		{"card-nanoseconds", "1763035200000000007"},
		{"card-length-of-no-issuer", "432109876543213"},
		{"card-in-word", "id4111111111111111x 4111111111111111_1"},
		{"card-fraction", "0.4111111111111111"},
		{"card-uuid", "41111111-1111-4111-8111-111111111111"},
		{"card-date", "2025-11-13 12:00:00 2025 11 13 12 00 00"},
		{"phone", "+49 30 1234567"},
		{"hex", "d41d8cd98f00b204e9800998ecf8427e"},
		{"uuid", "7c9e6679-7425-40de-944b-e07fc1f90ae7"},
		{"sk-name", "task sk-this-is-just-a-kebab-case-name"},
		{"sk-in-word", "desk-0123456789012345678901234567890"},
		{"ghp-short", "ghp_short"},
		{"akia-short", "AKIASHORT and AKIAIOSFODNN7EXAMPLEXX"},
		{"npm-config", "npm_config_registry_url_that_is_long_enough"},
		{"sg-sentence", "SG. is Singapore. SG.short.parts"},
		{"jwt-header-alone", "eyJhbGciOiJIUzI1NiJ9"},
		{"certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"},
		{"public-key", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"},
		{"dashes", "-----------"},
		{"percent", "100% of %40 and 50%"},
		{"mask", "[redacted] password=[redacted] Bearer [redacted]"},
		{"time", "at 12:00:00, key: value, a=b"},
	}
	r := storage.DefaultRedactor()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := r.Text(test.text); got != test.text {
				t.Errorf("%s\nbecame %s", test.text, got)
			}
		})
	}
}

func TestRedactAllocatesNothing(t *testing.T) {
	r := storage.DefaultRedactor()
	const clean = `POST /cases/{id}: dial tcp 10.0.0.1:5432: connect: connection refused (attempt 3 of 5, "retry": true)`
	a := full()
	a.HTTP.Path = "/cases/4711?page=2&sort=-name"
	for name, f := range map[string]func(){
		"text":  func() { r.Text(clean) },
		"error": func() { r.Error(clean) },
		"path":  func() { r.Path("/cases/4711?page=2&sort=-name") },
		"attr":  func() { r.Attr("tenant", "acme") },
		"clean": func() { r.Clean(&a) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

func TestRedactPath(t *testing.T) {
	t.Parallel()
	long := "/" + strings.Repeat("x", 800)
	tests := []struct{ name, path, want string }{
		{"no-query", "/users/bob@example.com/token=abc", "/users/bob@example.com/token=abc"},
		{"query", "/x/bob@example.com?token=abc&a=bob@example.com", "/x/bob@example.com?token=[redacted]&a=[redacted]"},
		{"clean-query", "/x?a=1", "/x?a=1"},
		{"empty-query", "/x?", "/x?"},
		{"long", long, long[:storage.MaxPath-3] + "…"},
		{"long-before-query", long + "?token=abc", long[:storage.MaxPath-3] + "…"},
		{"long-query", "/x?a=" + strings.Repeat("y", 600), "/x?a=" + strings.Repeat("y", storage.MaxPath-len("/x?a=")-3) + "…"},
		{"secret-over-the-bound", "/x?a=" + strings.Repeat("y", 494) + "&token=abcdefghijklmnopqrstuvwxyz", "/x?a=" + strings.Repeat("y", 494) + "&token=…"},
		{"not-utf8", "/\xff?a=\xff", "/\uFFFD?a=\uFFFD"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := storage.DefaultRedactor().Path(test.path)
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestRedactError(t *testing.T) {
	t.Parallel()
	r := storage.DefaultRedactor()
	for pad := storage.MaxError - 60; pad <= storage.MaxError+5; pad++ {
		for _, secret := range []struct{ before, hidden string }{
			{"", "ghp_" + letters36}, {"", "bob.the.builder@example.com"}, {"password=\"", "hunter2 hunter2\""}, {"", jwt},
			{"", "4111 1111 1111 1111"}, {"Bearer ", "abcdefgh0123"}, {"", pem}, {"https://bob:", "hunter2@host/"},
		} {
			got := r.Error(strings.Repeat("ü", pad/2) + " " + secret.before + secret.hidden + " tail")
			if len(got) > storage.MaxError || !utf8.ValidString(got) {
				t.Fatalf("pad %d: %d bytes, valid %v", pad, len(got), utf8.ValidString(got))
			}
			if head := secret.hidden[:4]; strings.Contains(got, head) {
				t.Fatalf("pad %d: %q leaks in %q", pad, head, got[len(got)-60:])
			}
			if again := r.Error(got); again != got {
				t.Fatalf("pad %d: %q became %q", pad, got[len(got)-60:], again[len(again)-60:])
			}
		}
	}
	if got := r.Error("a\xffb"); got != "a\uFFFDb" {
		t.Errorf("got %q", got)
	}
	if got := r.Error(strings.Repeat("x", storage.MaxError)); len(got) != storage.MaxError || strings.HasSuffix(got, "…") {
		t.Errorf("an error of just the bound was cut")
	}
	if got := r.Error(strings.Repeat("x", storage.MaxError+1)); len(got) != storage.MaxError || !strings.HasSuffix(got, "…") {
		t.Errorf("an error of one byte more became %d bytes", len(got))
	}
}

// TestRedactLongText cuts what is too long to be read, with secrets around
// the place.
func TestRedactLongText(t *testing.T) {
	t.Parallel()
	r := storage.DefaultRedactor()
	secret := "ghp_" + letters36
	for _, before := range []int{storage.MaxText - 100, storage.MaxText - 20, storage.MaxText - 6, storage.MaxText - 1100, 10} {
		text := strings.Repeat("x ", before/2) + secret + strings.Repeat(" y", storage.MaxText)
		got := r.Text(text)
		if len(got) > storage.MaxText || !strings.HasSuffix(got, "…") {
			t.Errorf("before %d: %d bytes", before, len(got))
		}
		if strings.Contains(got, secret[:6]) {
			t.Errorf("before %d: the head of the secret leaks", before)
		}
		if again := r.Text(got); again != got {
			t.Errorf("before %d: changed by redacting again", before)
		}
		if got := r.Error(text); len(got) > storage.MaxError {
			t.Errorf("before %d: an error of %d bytes", before, len(got))
		}
	}
}

// TestRedactIsLinear would take minutes if one of these texts took quadratic
// time.
func TestRedactIsLinear(t *testing.T) {
	t.Parallel()
	r := storage.DefaultRedactor()
	for _, part := range []string{
		"a@", "a@b.", "://", "x://", "x://a:", "token=", "token:", "\"token\":", "sk-", "sk-a", "eyJ", "eyJ-", "SG.", "SG.aaaaaaaaaaaaaaaaaaaa", "4111 ", "4111-",
		"-----BEGIN PRIVATE", "-----BEGIN ", "bearer ", "basic ", "basic a", "%40", "%3D", "key%3D", "[redacted]", "password=[redacted]", "cookie=a=b; ", "\\\"", "token=\\", "ghp_", "token=a,",
	} {
		got := r.Text(strings.Repeat(part, 2*storage.MaxText/len(part)))
		if len(got) > storage.MaxText {
			t.Errorf("%s: %d bytes", part, len(got))
		}
		if again := r.Text(got); again != got {
			t.Errorf("%s: changed by redacting again", part)
		}
	}
}

func TestRedactOptions(t *testing.T) {
	t.Parallel()
	r, err := storage.NewRedactor(storage.RedactOptions{Patterns: []string{`KD-\d{6}`, `^foo`}, KeepEmails: true, Mask: "***"})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"customer KD-123456 and KD-1":         "customer *** and KD-1",
		"bob@example.com a%40b.de password=x": "bob@example.com a%40b.de password=***",
		"foo bar foo":                         "*** bar foo",
		"foofoo":                              "***foo",
		"*** KD-123456 ***":                   "*** *** ***",
	} {
		got := r.Text(text)
		if got != want || r.Text(got) != got {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	for name, opts := range map[string]storage.RedactOptions{
		"bad-pattern":   {Patterns: []string{"("}},
		"empty-pattern": {Patterns: []string{"x*"}},
		"mask-a-word":   {Mask: "redacted"},
		"mask-short":    {Mask: "[]"},
		"mask-long":     {Mask: "[" + strings.Repeat("x", 40) + "]"},
		"mask-unicode":  {Mask: "[█]"},
		"mask-quote":    {Mask: `["]`},
	} {
		if _, err := storage.NewRedactor(opts); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestZeroRedactor(t *testing.T) {
	t.Parallel()
	var none *storage.Redactor
	for _, r := range []*storage.Redactor{none, {}} {
		if got := r.Text("password=x"); got != "password=[redacted]" {
			t.Errorf("got %s", got)
		}
		if got := r.Attr("apiKey", "x"); got != "[redacted]" {
			t.Errorf("got %s", got)
		}
		a := storage.Action{Error: "password=x"}
		if r.Clean(&a); a.Error != "password=[redacted]" || a.Status != storage.Failed {
			t.Errorf("got %+v", a)
		}
	}
}

func TestRedactAttr(t *testing.T) {
	t.Parallel()
	tests := []struct{ key, value, want string }{
		{"password", "hunter2", "[redacted]"},
		{"password", "", ""},
		{"Authorization", "Bearer x", "[redacted]"},
		{"db.password", "x", "[redacted]"},
		{"stripeApiKey", "x", "[redacted]"},
		{"Set-Cookie", "x", "[redacted]"},
		{"session", "x", "[redacted]"},
		{"auth", "x", "[redacted]"},
		{"X-CSRF-Token", "x", "[redacted]"},
		{"tenant", "acme", "acme"},
		{"tokens", "5", "5"},
		{"mail", "to bob@example.com", "to [redacted]"},
		{"", "x", "x"},
		{"long", strings.Repeat("x", 300), strings.Repeat("x", storage.MaxAttrValue-3) + "…"},
		{strings.Repeat("long", 100) + "_password", "x", "[redacted]"},
	}
	for _, test := range tests {
		if got := storage.DefaultRedactor().Attr(test.key, test.value); got != test.want {
			t.Errorf("%s=%s: got %s, want %s", test.key, test.value, got, test.want)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		s    string
		max  int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "…"}, {"abcdef", 5, "ab…"}, {"abcd", 2, "ab"}, {"abcd", 0, ""}, {"abcd", -1, ""},
		{"üüü", 5, "ü…"}, {"aüü", 4, "a…"}, {"🙂🙂", 7, "🙂…"}, {"🙂🙂", 6, "…"}, {"🙂", 2, ""}, {"", 0, ""},
		{"\x80\x80\x80\x80\x80\x80", 5, "\x80\x80…"},
	}
	for _, test := range tests {
		if got := storage.Cut(test.s, test.max); got != test.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", test.s, test.max, got, test.want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	for _, s := range []string{
		"password=hunter2", `{"token":"abc"}`, "Bearer abc", "basic dXNlcjpwYXNz", jwt, pem, "postgres://a:b@c/d", "bob@example.com", "4111 1111 1111 1111",
		"Cookie: a=b; c=d", "?a=%40&token%3Dx", "[redacted]", "x [redacted] y@[redacted].com", "\xff\xfe@\xff.de", "sk-" + letters36, "ghp_" + letters36,
	} {
		f.Add(s)
	}
	odd, err := storage.NewRedactor(storage.RedactOptions{Patterns: []string{`[a-c]+\d`, `^x|y$`}, Mask: "***"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range []*storage.Redactor{storage.DefaultRedactor(), odd} {
			for _, way := range []struct {
				name string
				do   func(string) string
				max  int
			}{
				{"text", r.Text, storage.MaxText},
				{"error", r.Error, storage.MaxError},
				{"path", r.Path, storage.MaxPath},
				{"path with query", func(s string) string { return r.Path("/?" + strings.TrimPrefix(s, "/?")) }, storage.MaxPath},
				{"attr", func(s string) string { return r.Attr("k", s) }, storage.MaxAttrValue},
			} {
				got := way.do(s)
				if len(got) > way.max {
					t.Fatalf("%s: %d bytes", way.name, len(got))
				}
				if way.name != "text" && !utf8.ValidString(got) {
					t.Fatalf("%s: %q is not UTF-8", way.name, got)
				}
				if again := way.do(got); again != got {
					t.Fatalf("%s: %q became %q and then %q", way.name, s, got, again)
				}
			}
		}
	})
}
