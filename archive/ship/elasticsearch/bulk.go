package elasticsearch

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"actionlog/archive/ship"
)

// bulkReply is what is read of the answer to a bulk request.
type bulkReply struct {
	Errors *bool  `json:"errors"`
	Items  []item `json:"items"`
}

// item is the answer for one document; there is one member, named after what was
// to be done.
type item struct {
	Create *result `json:"create"`
	Index  *result `json:"index"`
}

type result struct {
	Status int        `json:"status"`
	Error  *itemError `json:"error"`
}

type itemError struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// UnmarshalJSON reads an error, which in old versions is a string.
func (e *itemError) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &e.Reason)
	}
	type plain itemError
	return json.Unmarshal(b, (*plain)(e))
}

// errorReply is the answer to a request that failed as a whole.
type errorReply struct {
	Error *itemError `json:"error"`
}

// wanted shortens the answer to what bulkReply reads.
const wanted = "errors,items.*.status,items.*.error.type,items.*.error.reason"

// readBulk reads the answer for a batch of n actions. A *heldUp is what the far
// side says where it took nothing and refused nothing; any other error is that
// the answer is none to a bulk request, and nothing is known of any action.
func readBulk(body []byte, n int, mask func(string) string) (ship.Outcome, error) {
	var reply bulkReply
	if err := json.Unmarshal(body, &reply); err != nil {
		return ship.Outcome{}, fmt.Errorf("that is no answer to a bulk request (%w); check the URL", err)
	}
	if reply.Errors == nil {
		return ship.Outcome{}, errors.New("that is no answer to a bulk request, as it does not say whether there were errors; check the URL")
	}
	if len(reply.Items) != n {
		return ship.Outcome{}, fmt.Errorf("that is an answer for %d actions, of %d that were sent", len(reply.Items), n)
	}
	var out ship.Outcome
	var first *result
	for i, item := range reply.Items {
		r := cmp.Or(item.Create, item.Index)
		if r == nil {
			return ship.Outcome{}, fmt.Errorf("that answer says nothing of action %d", i)
		}
		switch r.verdict() {
		case retry:
			out.Retry = append(out.Retry, i)
			first = cmp.Or(first, r)
		case refused:
			out.Refused = append(out.Refused, ship.Refusal{Index: i, Reason: mask(r.reason())})
		}
	}
	if len(out.Retry) == n && n > 0 {
		return ship.Outcome{}, &heldUp{first.reason()}
	}
	return out, nil
}

// heldUp is why none of a batch is there yet.
type heldUp struct{ reason string }

func (h *heldUp) Error() string { return h.reason }

type verdict int

const (
	taken verdict = iota
	retry
	refused
)

// verdict says what became of a document.
func (r *result) verdict() verdict {
	switch {
	case r.Status/100 == 2:
		return taken
	case r.Status == http.StatusConflict: // it is there already
		return taken
	case r.Status == http.StatusBadRequest && r.Error != nil && r.Error.ofCluster():
		return retry
	case r.Status == http.StatusBadRequest, r.Status == http.StatusRequestEntityTooLarge:
		return refused
	}
	return retry
}

// ofCluster reports whether the error of a 400 is about how the cluster is set
// up, and so would be the same for every document until that is changed.
func (e *itemError) ofCluster() bool {
	switch e.Type {
	case "index_closed_exception", "invalid_index_name_exception", "validation_exception", "index_not_found_exception":
		return true // validation_exception is what a full cluster says, of its shards
	case "illegal_argument_exception":
		for _, said := range []string{"pipeline with id", "no write index", "op_type", "unrecognized parameter"} {
			if strings.Contains(e.Reason, said) {
				return true
			}
		}
	}
	return false
}

// reason returns the far side's words.
func (r *result) reason() string {
	if r.Error == nil {
		return fmt.Sprintf("status %d", r.Status)
	}
	return r.Error.text()
}

func (e *itemError) text() string {
	if e.Type == "" || e.Reason == "" {
		return e.Type + e.Reason
	}
	return e.Type + ": " + e.Reason
}
