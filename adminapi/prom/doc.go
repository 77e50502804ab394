// Package prom tells Prometheus what was recorded: how many actions ended and
// how many of them failed, how long they took, what is in flight, how the sinks
// keep up, how the archive fares.
//
// # Smallest use
//
//	metrics := prom.New(prom.Options{Source: actions}) // a *ring.Ring
//	admin, err := adminapi.New(adminapi.Options{Store: actions, Metrics: metrics.Handler()})
//
// Then GET /action-logs/metrics answers whom the admin API lets in. By default
// that is this machine; a Prometheus on another one needs adminapi's
// AllowedPrefixes and AllowedHosts, and had better be asked for a Token. On
// the side of Prometheus:
//
//	scrape_configs:
//	  - job_name: actionlog
//	    metrics_path: /action-logs/metrics
//	    authorization:
//	      credentials: the-token
//	    static_configs:
//	      - targets: [127.0.0.1:8000]
//
// A program that has a registry of its own registers the collector there
// instead, and serves all its metrics together:
//
//	registry.MustRegister(prom.New(prom.Options{Source: actions, Archive: files}))
//	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
//
// # The metrics
//
//	actionlog_actions_total{action,service,status}      counter    status is success or failed
//	actionlog_action_duration_seconds{action,service}   histogram  with exemplars: trace_id, span_id
//	actionlog_requests_in_flight                        gauge      tracked actions, too
//	actionlog_sink_lag_actions{sink}                    gauge      recorded and not yet written
//	actionlog_sink_backlog_actions                      gauge      how much lag is too much
//	actionlog_sink_written_actions_total{sink}          counter
//	actionlog_sink_missed_actions_total{sink}           counter
//	actionlog_sink_failing{sink}                        gauge      1 or 0
//	actionlog_archive_active_bytes                      gauge      of the file that is written to
//	actionlog_archive_active_age_seconds                gauge      since its day began; absent without a file
//	actionlog_archive_failing                           gauge      1 or 0
//
// The last three are there with [Options.Archive]. Counters count since the
// process began; neither a clear nor a flood takes anything away. A sink that
// is closed takes its metrics with it. A success and a failure are counted from
// the first action of their name, so that a rate of failures is 0 before there
// is one.
//
// The ring bounds the names: 256 services and 2048 of their actions, beyond
// which the actions of a service share "other". Each action has 2 counters, and
// 19 series of a classic histogram or one of a native. A scrape of 2048 takes
// some 50 ms of one core, 5 MB of text (some hundreds of kB with gzip, which
// Prometheus asks for) and, for the moment, 25 MB of memory.
//
// # Both forms of histogram
//
// One histogram has classic buckets and native ones. A Prometheus asks for the
// one that it stores: classic buckets by default; native ones with
//
//	--enable-feature=native-histograms,exemplar-storage
//
// or, since version 3.8, scrape_native_histograms in its configuration. Where
// native buckets are stored, a query of …_seconds_bucket returns nothing, unless
// scrape_classic_histograms (always_scrape_classic_histograms since version 3)
// asks for those as well. A query for either case:
//
//	histogram_quantile(0.95, sum by (service, le) (rate(actionlog_action_duration_seconds_bucket[5m])))
//	  or
//	histogram_quantile(0.95, sum by (service) (rate(actionlog_action_duration_seconds[5m])))
//
// # How exact the buckets are
//
// The ring counts durations in buckets of its own, 32 to each doubling of
// nanoseconds, of whole nanoseconds below 64. Sum and count are exact. What lies
// at or below a bound is exact where the bound is the last nanosecond of one of
// the ring's buckets, as each is below 64 ns. Any other bound b cuts through one
// of them, which is at most b/32 wide; its durations are taken to lie evenly in
// it and shared out, to whole ones. So the number told for b is the exact one of
// some bound within b/32: a bucket of le="0.25" counts up to a limit from 242 to
// 258 ms. Each share only ever grows, so no bucket goes back.
//
// Native buckets have schema 3: bucket i ends at 2^(i/8) seconds, 9 % above the
// one before. None of these bounds is one of the ring's, since a second is
// 1953125 × 2^9 ns. A quantile estimated from them is within a factor of
// 2^(1/8) × (1 + 1/32) = 1.125 of the exact one at worst. The zero bucket holds
// durations of zero and no others. What took longer than 19 hours is above every
// classic bound, and in the native bucket of 19 hours.
//
// # Dashboard and alerts
//
// This folder has grafana.json, to be imported into Grafana, and alerts.yml, to
// be named in Prometheus's rule_files:
//
//	go list -f '{{.Dir}}' actionlog/adminapi/prom
//
// The dashboard's queries and the rules ask for both forms of histogram. Only
// heat maps cannot be had in one query; there is one of each form, and the other
// stays empty. Exemplars show as points on the durations once Prometheus
// stores them, with --enable-feature=exemplar-storage.
package prom
