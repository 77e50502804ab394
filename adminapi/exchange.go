package adminapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"actionlog/storage"
)

// exchange is the writer of one answer. It knows whether the answer has begun,
// and sends no body to HEAD. What else the server's writer can do is reached
// with http.NewResponseController.
type exchange struct {
	http.ResponseWriter
	head  bool
	wrote bool
}

// Unwrap returns the server's writer, for http.ResponseController.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

func (x *exchange) WriteHeader(code int) {
	x.wrote = x.wrote || code >= 200
	x.ResponseWriter.WriteHeader(code)
}

func (x *exchange) Write(b []byte) (int, error) {
	x.wrote = true
	if x.head {
		return len(b), nil
	}
	return x.ResponseWriter.Write(b)
}

// maxDetail bounds the text of an error, in bytes.
const maxDetail = 2048

func (x *exchange) writeError(e *Error) {
	for name, values := range e.Header {
		x.Header()[http.CanonicalHeaderKey(name)] = values
	}
	body, _ := encodeJSON(struct {
		Detail string `json:"detail"`
	}{storage.Cut(e.Detail, maxDetail)})
	writeBody(x, e.Status, body)
}

// writeJSON answers with v as JSON.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := encodeJSON(v)
	if err != nil {
		return err
	}
	writeBody(w, status, body)
	return nil
}

// encodeJSON is json.Marshal that leaves <, > and & readable: nothing here is
// ever part of a page.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// writeBody answers with a whole body of JSON. That the client may be gone is
// not an error of ours.
func writeBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
