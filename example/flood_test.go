package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/rs/zerolog"
)

// TestFloodLeavesTheQuietServiceAnswering floods the ring with one service, on
// all cores, while another says little and fails once.
func TestFloodLeavesTheQuietServiceAnswering(t *testing.T) {
	t.Parallel()
	long := time.Second
	if os.Getenv("ACTIONLOG_FULL") == "1" {
		long = 10 * time.Second
	}
	actions := ring.New(ring.Options{})
	nop := zerolog.Nop()
	admin, err := adminapi.New(adminapi.Options{Store: actions})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(newHandler(actions, admin, &nop))
	defer server.Close()

	var stop atomic.Bool
	var flood atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			h := actions.Intern("Flood", "tick", "", "")
			for !stop.Load() {
				for range 1000 {
					actions.End(actions.Begin(h, &storage.Start{}), &storage.Finish{Handle: h})
				}
				flood.Add(1000)
			}
		})
	}
	const quiet = 50
	for i := range quiet {
		actions.Log("Quiet", fmt.Sprint("step", i), storage.Success, time.Millisecond, nil)
		time.Sleep(long / (2 * quiet))
	}
	actions.Log("Quiet", "last", storage.Failed, time.Millisecond, fmt.Errorf("out of paper"))
	time.Sleep(long / 2)
	failed := listOf(t, server.URL+"/action-logs/failed")
	during := listOf(t, server.URL+"/action-logs/service/Quiet")
	stop.Store(true)
	wg.Wait()

	if len(failed) != 1 || failed[0].Error != "out of paper" {
		t.Errorf("/failed during the flood: %v; want the one failure", failed)
	}
	for when, list := range map[string][]storage.Action{"during": during, "after": listOf(t, server.URL+"/action-logs/service/Quiet")} {
		if len(list) != quiet+1 || list[0].Action != "last" || list[quiet].Action != "step0" {
			t.Errorf("/service/Quiet %s the flood: %d actions, want all %d", when, len(list), quiet+1)
		}
	}
	var got struct{ Stats storage.Stats }
	getJSON(t, server.URL+"/action-logs/stats", &got)
	if want := flood.Load() + quiet + 1; got.Stats.Lifetime.Total != want || got.Stats.Lifetime.Failed != 1 {
		t.Errorf("lifetime is %+v, want %d and 1", got.Stats.Lifetime, want)
	}
	t.Logf("%d actions in %v", flood.Load(), long)
}

func listOf(t *testing.T, url string) []storage.Action {
	t.Helper()
	var got struct{ Actions []storage.Action }
	getJSON(t, url, &got)
	return got.Actions
}

func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", url, resp.Status, err)
	}
}
