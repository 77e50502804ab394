package post_test

import (
	"strings"
	"testing"
	"time"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
	"actionlog/archive/ship/internal/receiver"
)

func TestAfter(t *testing.T) {
	t.Parallel()
	now := "Tue, 24 Nov 2026 10:00:00 GMT"
	for _, c := range []struct {
		name, value, date string
		least, most       time.Duration
	}{
		{"none", "", now, 0, 0},
		{"seconds", "120", now, 2 * time.Minute, 2 * time.Minute},
		{"blank", " 5 ", now, 5 * time.Second, 5 * time.Second},
		{"fraction", "0.5", now, 500 * time.Millisecond, 500 * time.Millisecond},
		{"zero", "0", now, 0, 0},
		{"negative", "-5", now, 0, 0},
		{"long", "99999999999999999999", now, time.Hour, time.Hour},
		{"longer", "1e300", now, time.Hour, time.Hour},
		{"not-a-number", "NaN", now, 0, 0},
		{"date", "Tue, 24 Nov 2026 10:00:30 GMT", now, 30 * time.Second, 30 * time.Second},
		{"date-past", "Tue, 24 Nov 2026 09:00:30 GMT", now, 0, 0},
		{"date-far", "Tue, 24 Nov 2036 09:00:30 GMT", now, time.Hour, time.Hour},
		{"no-clock", time.Now().Add(time.Minute).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"), "?", 30 * time.Second, time.Minute},
		{"words", "soon", now, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := receiver.Play(t, receiver.Answer{Status: 429, Header: map[string]string{"Retry-After": c.value, "Date": c.date}})
			client := open(t, post.Options{URL: p.URL})
			reply, err := client.Do(t.Context(), post.Request{Path: "/", Body: []byte("x")})
			if err != nil {
				t.Fatal(err)
			}
			if e := client.Fault(reply, ""); e.After < c.least || e.After > c.most {
				t.Errorf("after %s; want %s to %s", e.After, c.least, c.most)
			}
		})
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer receiver.Answer
		kind   ship.Kind
		want   string // of the error, after the place
	}{
		{"refused", receiver.Answer{Status: 400, Body: "bad\n\tline"}, ship.Refused, "answered 400 Bad Request: bad line"},
		{"unprocessable", receiver.Answer{Status: 422, Body: "bad"}, ship.Refused, "answered 422 Unprocessable Entity: bad"},
		{"unreadable", receiver.Answer{Status: 400, Body: "a\x00b\xff"}, ship.Refused, "answered 400 Bad Request: a b\uFFFD"},
		{"long", receiver.Answer{Status: 400, Body: strings.Repeat("é", 100_000)}, ship.Refused, "answered 400 Bad Request: " + strings.Repeat("é", 298) + "…"},
		{"page", receiver.Answer{Status: 400, Body: " \n<HTML>no"}, ship.Unavailable, "answered 400 Bad Request: a page of HTML, which is not the answer of the far side; check the URL and what stands between"},
		{"too-large", receiver.Answer{Status: 413}, ship.TooLarge, "answered 413 Request Entity Too Large"},
		{"no-credentials", receiver.Answer{Status: 401}, ship.Unavailable, "answered 401 Unauthorized: it asks who we are; set credentials"},
		{"forbidden", receiver.Answer{Status: 403, Body: "no"}, ship.Unavailable, "answered 403 Forbidden: no; it does not let us; check the credentials and the rights there"},
		{"proxy", receiver.Answer{Status: 407}, ship.Unavailable, "answered 407 Proxy Authentication Required: check HTTPS_PROXY or HTTP_PROXY"},
		{"not-there", receiver.Answer{Status: 404, Body: "<html>"}, ship.Unavailable, "answered 404 Not Found: a page of HTML; there is no such endpoint; check the URL"},
		{"unsupported", receiver.Answer{Status: 415}, ship.Unavailable, "answered 415 Unsupported Media Type: there is no such endpoint; check the URL"},
		{"busy", receiver.Answer{Status: 429, Body: "later"}, ship.Unavailable, "answered 429 Too Many Requests: later"},
		{"broken", receiver.Answer{Status: 500, Body: "oops"}, ship.Unavailable, "answered 500 Internal Server Error: oops"},
		{"moved-nowhere", receiver.Answer{Status: 302}, ship.Unavailable, "answered 302 Found: it sends us on, which is not followed; check the URL"},
		{"unknown-status", receiver.Answer{Status: 599}, ship.Unavailable, "answered 599"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := receiver.Play(t, c.answer)
			client := open(t, post.Options{URL: p.URL})
			reply, err := client.Do(t.Context(), post.Request{Path: "/push", Body: []byte("x")})
			if err != nil {
				t.Fatal(err)
			}
			e := client.Fault(reply, reply.Text())
			if want := "the far side at " + p.URL + "/push " + c.want; e.Kind != c.kind || e.Error() != want {
				t.Errorf("%s: %s\nwant %s: %s", e.Kind, e, c.kind, want)
			}
		})
	}
}
