package clickhouse_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"actionlog/adminapi"
)

// TestAdminAPI serves the admin API of one instance, which answers over two.
func TestAdminAPI(t *testing.T) {
	t.Parallel()
	srv := single(t)
	database := newDatabase(t, srv)
	opts := quiet()
	opts.Instance = "eu-1"
	one := open(t, srv.dsn(database), opts)
	opts.Instance = "eu-2"
	two := open(t, srv.dsn(database), opts)
	list := some(newProcess(), noon, 40)
	write(t, one, list[:20])
	write(t, two, list[20:])
	api, err := adminapi.New(adminapi.Options{Store: one, OnError: func(r *http.Request, err error) { t.Errorf("%s: %v", r.URL, err) }})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	api.Register(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	for path, want := range map[string]string{
		"recent?limit=1":                     string(list[39].ID),
		"failed?limit=1":                     string(list[39].ID),
		"service/CaseService?limit=1":        string(list[39].ID),
		"stats":                              `"total":40,"failed":10`,
		"search?instance=eu-2&limit=1":       string(list[39].ID),
		"search?instance=eu-1&limit=1":       string(list[19].ID),
		"search?sort=timestamp&limit=1":      string(list[0].ID),
		"timeseries?step=1m&from=2025-11-01": `"total":40`,
		"errors?limit=1":                     `"count":10`,
		"slow":                               string(list[39].ID),
		"export?instance=eu-2":               string(list[20].ID),
	} {
		resp, err := http.Get(server.URL + "/action-logs/" + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s, %v, %.300s; want %s in it", path, resp.Status, err, body, want)
		}
	}
}
