package adminapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bunrouter"
)

const (
	maxLogin     = 4 << 10          // bytes of a login's body
	bodyPatience = 10 * time.Second // how long a client may take for a body
)

// login exchanges the token for a cookie that counts as it does, so that a page
// need not keep the token.
//
// The cookie has no Path: browsers then send it to all that is in the folder of
// the login, which is the base path, also where a proxy calls that otherwise.
func (h *Handler) login(w http.ResponseWriter, req bunrouter.Request) error {
	body, err := readBody(w, req.Request, maxLogin, "application/json")
	if err != nil {
		return err
	}
	token, err := tokenOf(body)
	if err != nil {
		return err
	}
	if err := h.guard.checkToken(req.Request, token); err != nil {
		return err
	}
	setCookie(w, req.Request, &http.Cookie{Value: h.guard.sessions.begin()})
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// logout ends the login whose cookie comes with it, if any does, and the streams
// that it opened.
func (h *Handler) logout(w http.ResponseWriter, req bunrouter.Request) error {
	for _, c := range cookies(req.Request) {
		key := h.guard.sessions.end(c.Value)
		if h.streams != nil {
			h.streams.logout(key)
		}
	}
	setCookie(w, req.Request, &http.Cookie{MaxAge: -1})
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// tokenOf reads {"token":"…"}. Its errors do not hold what was sent.
func tokenOf(body []byte) (string, error) {
	var form struct {
		Token *string `json:"token"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&form); err != nil || form.Token == nil || d.More() {
		return "", badRequest(`the body is malformed; allowed is {"token":"…"}`)
	}
	return *form.Token, nil
}

// setCookie completes a cookie. A page that came by https says so in its
// origin, which the guard has seen to be this server's own; a proxy may have
// taken the https off on the way here.
func setCookie(w http.ResponseWriter, r *http.Request, c *http.Cookie) {
	c.Name = cookieName(r.Host)
	c.HttpOnly = true
	c.SameSite = http.SameSiteStrictMode
	c.Secure = r.TLS != nil || strings.HasPrefix(r.Header.Get("Origin"), "https://")
	http.SetCookie(w, c)
}

// readBody reads the body of a request of one of the media types, all of it at
// once and in bounded time.
func readBody(w http.ResponseWriter, r *http.Request, most int64, types ...string) ([]byte, error) {
	given := r.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(given); err != nil || !slices.Contains(types, media) {
		return nil, &Error{
			Status: http.StatusUnsupportedMediaType,
			Detail: fmt.Sprintf("the Content-Type is %q; allowed is %s", shorten(given), strings.Join(types, ", ")),
		}
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, &Error{
			Status: http.StatusUnsupportedMediaType,
			Detail: fmt.Sprintf("the Content-Encoding is %q; allowed is none", shorten(coding)),
		}
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyPatience)) // where there are deadlines
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var size *http.MaxBytesError
	switch {
	case errors.As(err, &size):
		return nil, err
	case err != nil:
		return nil, &Error{Status: http.StatusBadRequest, Detail: "the body could not be read to its end", Err: err}
	}
	return body, nil
}
