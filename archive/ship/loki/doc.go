// Package loki delivers actions to Grafana Loki, by its push API.
//
//	d, err := loki.New(loki.Options{URL: "https://loki.example:3100", Tenant: "team-a"})
//
// The service is the only label that depends on the action, unless
// [Options.InstanceLabel] is set, so there is a stream for each service. The line is
// the action in logfmt, short enough to read, and all the rest is structured
// metadata (Loki 3, or 2.9 with allow_structured_metadata):
//
//	id, action, status, level, duration, error, instance, trace_id, span_id
//	method, route, path, code, bytes, remote, request_id, outcome
//	attr_*    attributes
//
// # Times
//
// Loki orders the lines of a stream by time. Lines of a batch that share a stream
// and a nanosecond are moved apart, each a nanosecond after the one before. A line
// that is sent again with the same time is one that Loki has already, and shows
// once. Only one that was moved may get another time in another batch, and show
// twice.
//
// # Caveats
//
// Loki takes nothing that is older than its limits allow: by default seven days
// (reject_old_samples_max_age), and in a stream an hour before the newest line of
// it (half of max_chunk_age). What is older is refused for good, with Loki's words
// as the reason. To deliver an old archive, raise these limits first.
//
// What several processes do for one service is in one stream. After an outage of
// more than that hour, the first of them to be delivered leaves the others too far
// behind: of several shippers, and of the files of several processes in one
// folder, which a shipper reads one after the other. Then set
// [Options.InstanceLabel], or give each shipper a label of its own by
// [Options.Labels], so that each process has its own streams.
package loki
