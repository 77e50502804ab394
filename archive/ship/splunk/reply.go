package splunk

import (
	"encoding/json"
	"fmt"
	"strconv"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
)

// answer is what the collector says.
type answer struct {
	Text    string `json:"text"`
	Code    *int   `json:"code"`
	Invalid *int   `json:"invalid-event-number"` // counted from 0
	AckID   *int64 `json:"ackId"`
}

// The codes that are told apart. Any other is about the token, the channel or the
// collector itself.
const (
	codeSuccess       = 0
	codeInvalidFormat = 6
	codeWrongIndex    = 7
	codeNoChannel     = 10
	codeEventMissing  = 12
	codeEventBlank    = 13
	codeAckDisabled   = 14
	codeFields        = 15
)

// readAnswer reads an answer. The error is that it is none of a collector's.
func readAnswer(body []byte) (answer, error) {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return answer{}, fmt.Errorf("that is no answer of the collector: %w", err)
	}
	if a.Code == nil {
		return answer{}, fmt.Errorf("that is no answer of the collector: it has no code")
	}
	return a, nil
}

// words returns what the answer says, and what to do about it.
func (a answer) words(opts Options) string {
	text := "code " + strconv.Itoa(*a.Code)
	if a.Text != "" {
		text = a.Text + " (" + text + ")"
	}
	switch *a.Code {
	case codeWrongIndex:
		if opts.Index == "" {
			return text + "; check the default index of the token"
		}
		return text + "; the token may not write to the index " + opts.Index
	case codeNoChannel:
		return text + "; the token has acknowledgement switched on: set Acknowledge"
	case codeAckDisabled:
		return text + "; Acknowledge is set, but the token has it switched off"
	}
	return text
}

// isOfRecord reports whether the answer is about one record.
func (a answer) ofRecord() bool {
	switch *a.Code {
	case codeInvalidFormat, codeEventMissing, codeEventBlank, codeFields:
		return true
	}
	return false
}

// failed says what becomes of a batch of n that the collector did not take.
func (d *Destination) failed(reply *post.Reply, n int) (ship.Outcome, error) {
	a, err := readAnswer(reply.Body)
	if err != nil {
		if reply.Status/100 == 4 {
			return ship.Outcome{}, d.foreign(reply)
		}
		return ship.Outcome{}, d.client.Fault(reply, reply.Text())
	}
	words := a.words(d.opts)
	if !a.ofRecord() {
		fault := d.client.Fault(reply, words)
		if fault.Kind == ship.Refused { // a 400 that is about the token
			fault.Kind = ship.Unavailable
		}
		return ship.Outcome{}, fault
	}
	if a.Invalid == nil || *a.Invalid < 0 || *a.Invalid >= n {
		return ship.Outcome{}, d.client.Error(ship.Refused, reply, words)
	}
	return isolate(*a.Invalid, n, d.client.Mask(words)), nil
}

// foreign is the error for a 4xx in which no collector speaks. Only that a
// request is too large is believed of anyone.
func (d *Destination) foreign(reply *post.Reply) *ship.BatchError {
	fault := d.client.Fault(reply, reply.Text())
	if fault.Kind == ship.Refused {
		fault.Kind = ship.Unavailable
	}
	return fault
}

// isolate refuses one record. Whether those before it were taken is not known,
// so that all others are sent again.
func isolate(bad, n int, reason string) ship.Outcome {
	out := ship.Outcome{Refused: []ship.Refusal{{Index: bad, Reason: reason}}}
	for i := range n {
		if i != bad {
			out.Retry = append(out.Retry, i)
		}
	}
	return out
}
