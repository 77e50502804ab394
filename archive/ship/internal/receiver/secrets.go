package receiver

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship"
)

// Variable is the environment variable that holds the secret of [TestSecrets].
const Variable = "ACTIONLOG_TEST_SECRET"

// TestSecrets has a far side repeat what it was sent, in every form of answer that
// is read. Neither the secret nor what the URL hides may show in what comes of it.
// open makes a destination whose secret is env:[Variable].
func TestSecrets(t *testing.T, open func(url string) (ship.Destination, error)) {
	t.Helper()
	const inPath, inQuery = "t0ken-in-the-path", "t0ken-in-the-query"
	for _, secret := range []string{"s3cret-word", `s3cret"with\marks`, "s3cret:with=&marks%20", "Gänse+s3cret/=="} {
		t.Setenv(Variable, secret)
		for status, forms := range map[int][]string{
			200: {`%s`, `{"code":6,"text":%q}`, `{"errors":true,"items":[{"create":{"status":400,"error":{"type":%q,"reason":"x"}}}]}`, `{"partialSuccess":{"rejectedLogRecords":1,"errorMessage":%q}}`},
			400: {`%s`, `{"code":6,"text":%q}`, `{"code":6,"text":%q,"invalid-event-number":0}`, `{"error":{"type":"x","reason":%q}}`, `{"message":%q}`,
				"entry has timestamp too old %s, oldest acceptable timestamp is: 2199-01-01T00:00:00Z"},
			302: {`%s`}, 401: {`%s`}, 404: {`%s`}, 413: {`%s`}, 429: {`%s`}, 500: {`%s`, `{"message":%q}`}, 503: {`%s`},
		} {
			for _, form := range forms {
				s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.Header().Set("Location", "https://else.example"+r.URL.String()+"?"+r.Header.Get("Authorization"))
					w.WriteHeader(status)
					fmt.Fprintf(w, form, secret+" in "+r.Header.Get("Authorization")+" to "+r.URL.String())
				}))
				d, err := open(s.URL + "/" + inPath + "?key=" + inQuery)
				if err != nil {
					t.Fatal(err)
				}
				out, err := d.Deliver(t.Context(), Actions(1, time.Now()))
				text := fmt.Sprintf("%v %+v", err, out)
				for _, leak := range []string{"s3cret", inPath, inQuery} {
					if strings.Contains(text, leak) {
						t.Errorf("%d %s: %s shows in: %s", status, form, leak, text)
					}
				}
				if s := fmt.Sprintf("%+v %#v", d, d); strings.Contains(s, secret) {
					t.Errorf("the secret shows in what the destination prints as: %s", s)
				}
				closeIdle(t, d)
				s.Close()
			}
		}
	}
}
