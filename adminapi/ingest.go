package adminapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"actionlog/storage"

	"github.com/uptrace/bunrouter"
)

const (
	maxIngest  = 1 << 20 // bytes of a body of records
	maxRecords = 1000    // in one body
	maxSkew    = 24 * time.Hour

	// ownID is the attribute that keeps the id which a record came with. Here
	// it gets one that orders it among the actions of this process.
	ownID = "recordId"
)

// recordTypes are the media types of records. JSON may hold an array, and each
// of them any number of objects one after another.
var recordTypes = []string{"application/json", "application/x-ndjson", "application/jsonl"}

// The keys that a record may have. The decoder of actions skips any others,
// since archives may come from later versions; but who posts is here to be told.
var (
	recordKeys = []string{
		"timestamp", "service", "action", "status", "duration", "error", "id", "durationNs", "http", "traceId", "spanId", "instance", "attrs",
	}
	recordHTTPKeys = []string{"method", "route", "path", "code", "bytes", "remote", "requestId", "outcome"}
)

// ingest records the actions of another program, all of them or none.
func (h *Handler) ingest(w http.ResponseWriter, req bunrouter.Request) error {
	if _, err := onlyKnown(req.URL.RawQuery); err != nil {
		return err
	}
	body, err := readBody(w, req.Request, maxIngest, recordTypes...)
	if err != nil {
		return err
	}
	actions, err := recordsOf(body, h.opts.Now())
	if err != nil {
		return err
	}
	if s, ok := h.opts.Recorder.(storage.Searcher); ok { // a recorder itself does not tell
		if _, err := s.Search(req.Context(), storage.Query{Limit: 1}); errors.Is(err, storage.ErrClosed) {
			return err
		}
	}
	for _, a := range actions {
		h.opts.Recorder.Record(a)
	}
	return writeJSON(w, http.StatusCreated, struct {
		Recorded int `json:"recorded"`
	}{len(actions)})
}

// recordsOf reads a body: an object, an array of objects, or one object after
// another. Its errors count records from 0.
func recordsOf(body []byte, now time.Time) ([]storage.Action, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, badRequest("the body is empty; allowed is an action, an array of actions, or one action a line")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	array := body[0] == '['
	if array {
		_, _ = d.Token()
	}
	var actions []storage.Action
	for i := 0; !array || d.More(); i++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); err == io.EOF && !array {
			return actions, nil
		} else if err != nil {
			return nil, badRecord(i, err)
		}
		if i == maxRecords {
			return nil, &Error{
				Status: http.StatusRequestEntityTooLarge,
				Detail: fmt.Sprintf("the body has more than %d records; allowed are at most as many", maxRecords),
			}
		}
		a, err := recordOf(raw, now)
		if err != nil {
			return nil, badRecord(i, err)
		}
		actions = append(actions, a)
	}
	if _, err := d.Token(); err != nil {
		return nil, badRecord(len(actions), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, badRequest("there is more behind the array; allowed is nothing")
	}
	return actions, nil
}

func badRecord(i int, err error) error {
	text := err.Error()
	var at *storage.SyntaxError
	switch {
	case errors.As(err, &at) && at.Field != "":
		text = at.Field + ": " + at.Msg
	case errors.As(err, &at):
		text = at.Msg
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		text = "the JSON ends in its middle"
	}
	return badRequest(fmt.Sprintf("nothing is recorded for the record at index %d: %s", i, text))
}

// recordOf reads a record.
func recordOf(raw []byte, now time.Time) (storage.Action, error) {
	var a storage.Action
	if err := storage.DecodeJSON(raw, &a); err != nil {
		return a, err
	}
	var keys, httpKeys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		return a, err
	}
	if err := knownKeys(keys, recordKeys, ""); err != nil {
		return a, err
	}
	if inner, ok := keys["http"]; ok {
		if err := json.Unmarshal(inner, &httpKeys); err != nil {
			return a, err
		}
		if err := knownKeys(httpKeys, recordHTTPKeys, "http."); err != nil {
			return a, err
		}
	}
	switch skew := a.Time.Sub(now); {
	case a.Service == "":
		return a, errors.New(`service: it is ""; allowed is a name`)
	case a.Action == "":
		return a, errors.New(`action: it is ""; allowed is a name`)
	case skew > maxSkew || skew < -maxSkew:
		return a, fmt.Errorf("timestamp: it is %s; allowed is at most 24 h from this server's clock, which says %s",
			a.Time.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return a, keepID(&a)
}

func knownKeys(given map[string]json.RawMessage, known []string, above string) error {
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, key) {
			return fmt.Errorf("key %q is unknown; known are %s", above+shorten(key), above+strings.Join(known, ", "+above))
		}
	}
	return nil
}

// keepID makes an attribute of the id that a record came with.
func keepID(a *storage.Action) error {
	if a.ID == "" {
		return nil
	}
	taken := slices.ContainsFunc(a.Attrs, func(at storage.Attr) bool { return at.Key == ownID })
	if taken || len(a.Attrs) >= storage.MaxAttrs {
		return fmt.Errorf("attrs: with an id there is no place for it; allowed are at most %d, none of them %s", storage.MaxAttrs-1, ownID)
	}
	a.Attrs = append(a.Attrs, storage.Attr{Key: ownID, Value: string(a.ID)})
	a.ID = ""
	return nil
}
