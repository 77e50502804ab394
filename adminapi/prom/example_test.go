package prom_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/prom"
	"actionlog/storage"
	"actionlog/storage/ring"

	"github.com/prometheus/client_golang/prometheus"
)

// The admin API serves the metrics to whom it lets in.
func ExampleCollector_Handler() {
	actions := ring.New(ring.Options{})
	defer actions.Close(context.Background())
	actions.Log("CaseService", "createCase", storage.Success, 45*time.Millisecond, nil)
	actions.Log("CaseService", "createCase", storage.Failed, 250*time.Millisecond, errors.New("no space left"))

	metrics := prom.New(prom.Options{Source: actions, Bounds: []time.Duration{100 * time.Millisecond, time.Second}})
	admin, err := adminapi.New(adminapi.Options{Store: actions, Metrics: metrics.Handler()})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(admin)
	defer server.Close()
	resp, err := http.Get(server.URL + "/action-logs/metrics")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "actionlog_action") {
			fmt.Print(line)
		}
	}
	// Output:
	// actionlog_action_duration_seconds_bucket{action="createCase",service="CaseService",le="0.1"} 1
	// actionlog_action_duration_seconds_bucket{action="createCase",service="CaseService",le="1"} 2
	// actionlog_action_duration_seconds_bucket{action="createCase",service="CaseService",le="+Inf"} 2
	// actionlog_action_duration_seconds_sum{action="createCase",service="CaseService"} 0.295
	// actionlog_action_duration_seconds_count{action="createCase",service="CaseService"} 2
	// actionlog_actions_total{action="createCase",service="CaseService",status="failed"} 1
	// actionlog_actions_total{action="createCase",service="CaseService",status="success"} 1
}

// A registry of the program's own has the metrics beside its others.
func ExampleNew() {
	actions := ring.New(ring.Options{})
	defer actions.Close(context.Background())
	actions.Log("CaseService", "createCase", storage.Success, 45*time.Millisecond, nil)

	registry := prometheus.NewRegistry()
	registry.MustRegister(prom.New(prom.Options{Source: actions}))
	families, err := registry.Gather()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, family := range families {
		fmt.Println(family.GetName(), len(family.Metric))
	}
	// Output:
	// actionlog_action_duration_seconds 1
	// actionlog_actions_total 2
	// actionlog_requests_in_flight 1
	// actionlog_sink_backlog_actions 1
}
