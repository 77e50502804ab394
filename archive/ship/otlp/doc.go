// Package otlp delivers actions as log records by the OpenTelemetry protocol over
// HTTP, in protobuf: to an OpenTelemetry Collector, and to all that speaks the
// protocol itself.
//
//	d, err := otlp.New(otlp.Options{URL: "http://127.0.0.1:4318"})
//
// # Records
//
// Service and instance are the resource (service.name, service.instance.id). A
// record has the time at which the action ended, the severity INFO, or ERROR if it
// failed, the action in one line as its body, and the event name
// actionlog.action. Its trace id and span id are the action's. Its attributes:
//
//	log.record.uid             the action's id
//	actionlog.action           its name
//	actionlog.status           success or failed
//	actionlog.duration         in nanoseconds
//	actionlog.outcome          panic, aborted, hijacked or streamed
//	exception.message          the error
//	error.type                 the status code of a request that failed, else _OTHER
//	http.request.method        the method
//	http.route                 the pattern that matched
//	http.response.status_code  the status on the wire, if there is one
//	http.response.body.size    bytes of body sent
//	url.path                   the path
//	client.address             the peer
//	actionlog.request.id       the request's id
//	actionlog.attr.*           attributes
//
// # Caveats
//
// The protocol has no way to drop repeats: what is sent again is there twice.
// log.record.uid tells them.
//
// A far side that takes only a part of a batch says how many records it refused,
// but not which. The batch is then cut in two until they are found, and what lies
// beside them is sent again.
package otlp
