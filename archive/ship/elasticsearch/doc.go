// Package elasticsearch delivers actions to Elasticsearch or OpenSearch, by the
// bulk API and in the field names of the Elastic Common Schema.
//
//	d, err := elasticsearch.New(elasticsearch.Options{
//		URL:         "https://es.example:9200",
//		APIKey:      "file:/run/secrets/elasticsearch",
//		PutTemplate: true,
//	})
//
// Actions go into a data stream, or into an index if [Options.Index] names one.
// Either way the id of the document is the id of the action, and a document is
// only ever created: one that is sent again is one that is there already, so a
// resend doubles nothing. In a data stream that holds until its next rollover,
// since an id is unique within one of its backing indexes.
//
// # Fields
//
//	@timestamp                 when the action ended
//	message                    the action in one line
//	event.id                   its id, which is the document's too
//	event.action               its name
//	event.outcome              success or failure
//	event.duration             in nanoseconds
//	event.kind                 event
//	event.dataset              actionlog, or the data set that the data stream is named after
//	service.name               the service
//	service.node.name          the instance
//	error.message              the error
//	http.request.method        the method
//	http.request.id            the request's id
//	http.response.status_code  the status on the wire, if there is one
//	http.response.body.bytes   bytes of body sent
//	url.path                   the path
//	client.address, client.ip  the peer
//	trace.id, span.id          the trace
//	labels.*                   attributes; what is no letter, digit, _ or - in a key becomes _
//	actionlog.route            the pattern that matched
//	actionlog.outcome          panic, aborted, hijacked or streamed
//
// # Caveats
//
// Without the index template the far side guesses the types of the fields.
// OpenSearch, which has no template for logs-* of its own, even makes a plain index
// of the data stream's name then. A data stream that is there already takes the
// template with its next rollover.
//
// How long documents are kept is for the cluster to say, by its life cycle
// policies; without one it is for ever.
//
// Every key of an attribute becomes a field of the index, of which it takes 1,000:
// an action that would bring one more is refused.
package elasticsearch
