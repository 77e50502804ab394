package otlp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
)

// partial is what a far side says that took a batch, or a part of it.
type partial struct {
	rejected int64
	message  string
}

// readPartial reads an ExportLogsServiceResponse. An empty one is full success.
func readPartial(body []byte) (p partial, err error) {
	const success, rejected, message = 1, 1, 2
	var inner error
	err = fields(body, func(f fieldOf) {
		if f.number != success || f.wire != wireBytes {
			return
		}
		inner = fields(f.bytes, func(f fieldOf) {
			switch {
			case f.number == rejected && f.wire == wireVarint:
				p.rejected = int64(f.num)
			case f.number == message && f.wire == wireBytes:
				p.message = string(f.bytes)
			}
		})
	})
	if err == nil {
		err = inner
	}
	return p, err
}

// readPartialJSON reads the same in JSON, where a number may be a string.
func readPartialJSON(body []byte) (p partial, err error) {
	var said struct {
		PartialSuccess struct {
			RejectedLogRecords json.RawMessage `json:"rejectedLogRecords"`
			ErrorMessage       string          `json:"errorMessage"`
		} `json:"partialSuccess"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return p, err
	}
	p.message = said.PartialSuccess.ErrorMessage
	if raw := strings.Trim(string(said.PartialSuccess.RejectedLogRecords), `"`); raw != "" && raw != "null" {
		p.rejected, err = strconv.ParseInt(raw, 10, 64)
	}
	return p, err
}

// status is the google.rpc.Status with which a far side says why it failed.
type status struct {
	code    int
	message string
}

func readStatus(body []byte) (s status, err error) {
	const code, message = 1, 2
	err = fields(body, func(f fieldOf) {
		switch {
		case f.number == code && f.wire == wireVarint:
			s.code = int(int32(f.num))
		case f.number == message && f.wire == wireBytes:
			s.message = string(f.bytes)
		}
	})
	return s, err
}

// taken reads the answer of success for a batch of n.
func (d *Destination) taken(reply *post.Reply, n int) (ship.Outcome, error) {
	read := readPartial
	if mediaType(reply) == "application/json" {
		read = readPartialJSON
	}
	if reply.HTML() || reply.Cut {
		return ship.Outcome{}, d.client.Error(ship.Unavailable, reply, "that is no answer of the protocol; check the URL")
	}
	p, err := read(reply.Body)
	if err != nil {
		return ship.Outcome{}, d.client.Error(ship.Unavailable, reply, "that is no answer of the protocol ("+err.Error()+"); check the URL")
	}
	if p.rejected <= 0 {
		return ship.Outcome{}, nil // a message without a number is a warning
	}
	reason := d.client.Mask(fmt.Sprintf("%d of %d refused: %s", p.rejected, n, p.message))
	if p.rejected < int64(n) {
		return ship.Outcome{}, d.client.Error(ship.Refused, reply, reason)
	}
	out := ship.Outcome{}
	for i := range n {
		out.Refused = append(out.Refused, ship.Refusal{Index: i, Reason: reason})
	}
	return out, nil
}

// failed is the error for an answer of failure. What the protocol says of a
// status holds where the far side speaks the protocol; what stands before one may
// answer anything.
func (d *Destination) failed(reply *post.Reply) *ship.BatchError {
	text, spoken := reply.Text(), false
	code := 0
	if len(reply.Body) == 0 {
		return d.client.Fault(reply, "")
	}
	if mediaType(reply) == "application/x-protobuf" {
		if s, err := readStatus(reply.Body); err == nil {
			text, code, spoken = s.message, s.code, true
		}
	} else if mediaType(reply) == "application/json" {
		var s struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal(reply.Body, &s); err == nil {
			text, code, spoken = s.Message, s.Code, true
		}
	}
	if reply.Status == http.StatusInternalServerError && spoken && !passing(code) {
		return d.client.Error(ship.Refused, reply, text)
	}
	return d.client.Fault(reply, text)
}

// passing reports whether a code of gRPC is one after which the protocol tries
// again. Old collectors say 500 where they are busy, and only this tells it.
func passing(code int) bool {
	switch code {
	case 1, 4, 8, 10, 11, 14, 15:
		return true
	}
	return false
}

// mediaType returns the content type without its parameters.
func mediaType(reply *post.Reply) string {
	kind, _, _ := strings.Cut(reply.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}
