package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"actionlog/storage"
)

// service is a running service that is asked over its admin API.
type service struct {
	base   *url.URL
	token  string
	client *http.Client
}

const (
	askTimeout = 30 * time.Second
	mostAnswer = 64 << 20 // bytes of a page
)

// isURL reports whether an argument names a service and not a path.
func isURL(arg string) bool {
	return strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://")
}

// newService reads the URL of a service, or of its admin API.
func newService(text, token string) (*service, error) {
	base, err := url.Parse(text)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("the URL %q is not understood; allowed is one such as http://localhost:8000", text)
	}
	base.RawQuery, base.Fragment = "", ""
	if base.Path = strings.TrimRight(base.Path, "/"); base.Path == "" {
		base.Path = "/action-logs"
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &service{base, token, &http.Client{Timeout: askTimeout, CheckRedirect: noRedirect}}, nil
}

// page asks for one page.
func (v *service) page(ctx context.Context, q storage.Query) (storage.Page, error) {
	u := v.base.JoinPath("search")
	u.RawQuery = q.Values().Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return storage.Page{}, err
	}
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	resp, err := v.client.Do(req)
	if err != nil {
		return storage.Page{}, fmt.Errorf("ask %s: %w; the service must run, and that be its address", v.base.Redacted(), cause(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return storage.Page{}, fmt.Errorf("read from %s: %w", v.base.Redacted(), err)
	}
	var answer struct {
		Actions []storage.Action
		Next    string
		Detail  string
	}
	err = json.Unmarshal(body, &answer)
	switch {
	case resp.StatusCode != http.StatusOK && answer.Detail == "":
		return storage.Page{}, fmt.Errorf("%s answers %s, and is no admin API; allowed is the address of a service, or of its admin API", v.base.Redacted(), resp.Status)
	case resp.StatusCode != http.StatusOK:
		return storage.Page{}, fmt.Errorf("%s answers %s: %s", v.base.Redacted(), resp.Status, cutRunes(answer.Detail, 300))
	case err != nil:
		return storage.Page{}, fmt.Errorf("what %s answers is no page of actions: %w", v.base.Redacted(), err)
	}
	return storage.Page{Actions: answer.Actions, Next: answer.Next}, nil
}

// cause returns an error without the URL that it was about, which has the query.
func cause(err error) error {
	var about *url.Error
	if errors.As(err, &about) {
		return about.Err
	}
	return err
}
