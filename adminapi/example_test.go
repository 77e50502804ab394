package adminapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// sampleRing is a ring that holds one action.
func sampleRing() *ring.Ring {
	r := ring.New(ring.Options{})
	r.Record(storage.Action{
		Time: time.Date(2025, 11, 13, 12, 5, 0, 0, time.UTC), Service: "ChatService", Action: "sendMessage",
		Status: storage.Failed, Duration: 250 * time.Millisecond, Error: "OpenAI API rate limit exceeded",
	})
	return r
}

// get prints the status and the start of what a program on this machine gets.
func get(server *httptest.Server, method, path string, headers ...string) {
	req, err := http.NewRequest(method, server.URL+path, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 97))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.StatusCode, string(body))
}

func ExampleNew() {
	api, err := adminapi.New(adminapi.Options{Store: sampleRing()})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(api)
	defer server.Close()
	get(server, "GET", "/action-logs/recent?limit=10")
	get(server, "GET", "/action-logs/recent?limit=0")
	get(server, "POST", "/action-logs/clear")
	get(server, "GET", "/action-logs/recent")
	// Output:
	// 200 {"actions":[{"timestamp":"2025-11-13T12:05:00Z","service":"ChatService","action":"sendMessage","s
	// 400 {"detail":"parameter limit is \"0\"; allowed is a whole number from 1 to 1000"}
	// 201 {"message":"Action logs cleared successfully"}
	// 200 {"actions":[]}
}

func ExampleHandler_Register() {
	api, err := adminapi.New(adminapi.Options{Store: sampleRing(), BasePath: "/debug/actions"})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "the service itself") })
	api.Register(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	get(server, "GET", "/")
	get(server, "GET", "/debug/actions/service/Nobody")
	// Output:
	// 200 the service itself
	// 200 {"actions":[]}
}

func ExampleParsePrefixes() {
	prefixes, err := adminapi.ParsePrefixes("loopback, 10.0.0.0/8", "::ffff:192.168.1.7")
	fmt.Println(prefixes, err)
	_, err = adminapi.ParsePrefixes("10.1.2.3/8")
	fmt.Println(err)
	// Output:
	// [127.0.0.0/8 ::1/128 10.0.0.0/8 192.168.1.7/32] <nil>
	// parse address prefix "10.1.2.3/8": it has bits set beyond its length; 10.0.0.0/8 is the prefix, 10.1.2.3 the address
}

// Who is let in: a team's network, through a proxy, with a token.
func ExampleOptions() {
	api, err := adminapi.New(adminapi.Options{
		Store:           sampleRing(),
		AllowedPrefixes: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")},
		TrustedProxies:  []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		AllowedHosts:    []string{"panel.example.com"},
		Token:           "correct-horse-battery-staple",
		Rate:            10,
		ReadOnly:        true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(api)
	defer server.Close()
	const auth, token = "Authorization", "Bearer correct-horse-battery-staple"
	get(server, "GET", "/action-logs/service/Nobody", auth, token, "X-Forwarded-For", "10.20.3.4")
	get(server, "GET", "/action-logs/service/Nobody", "X-Forwarded-For", "10.20.3.4")
	get(server, "GET", "/action-logs/service/Nobody", auth, token)
	get(server, "POST", "/action-logs/clear", auth, token, "X-Forwarded-For", "10.20.3.4")
	// Output:
	// 200 {"actions":[]}
	// 401 {"detail":"credentials are needed"}
	// 403 {"detail":"this address is not let in; addresses are added with Options.AllowedPrefixes"}
	// 403 {"detail":"this server is read-only"}
}

// A hook that asks something else about each request.
func ExampleError() {
	api, err := adminapi.New(adminapi.Options{
		Store: sampleRing(),
		Authorize: func(r *http.Request) error {
			if r.Header.Get("X-Team") != "ops" {
				return &adminapi.Error{Status: http.StatusForbidden, Detail: "only for ops"}
			}
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(api)
	defer server.Close()
	get(server, "GET", "/action-logs/service/Nobody")
	get(server, "GET", "/action-logs/service/Nobody", "X-Team", "ops")
	// Output:
	// 403 {"detail":"only for ops"}
	// 200 {"actions":[]}
}
