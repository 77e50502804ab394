package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// visit is a request of the made-up traffic.
type visit struct {
	share        int // of all visits
	method, path string
	form         url.Values
}

var visits = []visit{
	{40, "GET", "/cases/17", nil},
	{15, "GET", "/cases", nil},
	{10, "POST", "/cases", nil},
	{15, "POST", "/chat/messages", nil},
	{4, "GET", "/chat/7/stream", nil},
	{3, "GET", "/cases/17/report", nil},
	{1, "DELETE", "/cases/17", nil},
	{1, "GET", "/cases/0", nil},
	{5, "POST", "/auth/login", url.Values{"user": {"ann"}, "password": {"sesame"}}},
	{2, "POST", "/auth/login", url.Values{"user": {"eve"}, "password": {"hunter2"}}},
	{2, "POST", "/auth/logout", nil},
	{1, "GET", "/nowhere", nil},
	{1, "GET", "/healthz", nil},
}

// startTraffic sends perSecond requests a second to addr until ctx is done.
// The returned function waits until the last one has ended.
func startTraffic(ctx context.Context, addr string, perSecond int) (wait func()) {
	if perSecond == 0 {
		return func() {}
	}
	const atOnce = 512
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}, Timeout: 5 * time.Second}
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			select {
			case slots <- struct{}{}:
				wg.Go(func() {
					choose().send(ctx, client, addr)
					<-slots
				})
			default: // the service is too slow for it
			}
		}
	})
	return func() {
		wg.Wait()
		client.CloseIdleConnections()
	}
}

func choose() visit {
	n := rand.IntN(100)
	for _, v := range visits {
		if n -= v.share; n < 0 {
			return v
		}
	}
	return visits[0]
}

// send makes one request and throws the answer away, whatever it is.
func (v visit) send(ctx context.Context, client *http.Client, addr string) {
	req, err := http.NewRequestWithContext(ctx, v.method, "http://"+addr+v.path, strings.NewReader(v.form.Encode()))
	if err != nil {
		return
	}
	if v.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
}
