package adminapi

import (
	"encoding/binary"
	"strconv"
	"strings"

	"actionlog/storage"
)

// format is how a stream writes what it has to say. Each method appends whole
// messages to b.
type format interface {
	appendAction(b []byte, a *storage.Action) []byte

	// appendMissed says that n actions were missed; after is the id behind
	// which the stream goes on, or "" where that is not known.
	appendMissed(b []byte, n uint64, after storage.ID) []byte

	// appendBeat says that the stream lives, and that it has come to at.
	appendBeat(b []byte, at storage.ID) []byte

	// appendPlace says that the stream has come to at.
	appendPlace(b []byte, at storage.ID) []byte
}

// formats are all formats. A stream names its own by the index.
var formats = [...]format{events: eventFormat{}, frames: frameFormat{}}

const (
	events = iota // Server-Sent Events
	frames        // WebSocket
)

// eventFormat writes Server-Sent Events. An event without data is none to the
// client, but moves the id that it resumes by.
type eventFormat struct{}

func (eventFormat) appendAction(b []byte, a *storage.Action) []byte {
	b = appendEventID(b, a.ID)
	b = append(b, "event: action\ndata: "...)
	b = a.AppendJSON(b)
	return append(b, "\n\n"...)
}

func (eventFormat) appendMissed(b []byte, n uint64, after storage.ID) []byte {
	b = appendEventID(b, after)
	b = append(b, "event: missed\ndata: {\"missed\":"...)
	b = strconv.AppendUint(b, n, 10)
	return append(b, "}\n\n"...)
}

func (f eventFormat) appendBeat(b []byte, at storage.ID) []byte {
	b = append(b, ": beat\n"...)
	return append(appendEventID(b, at), '\n')
}

func (eventFormat) appendPlace(b []byte, at storage.ID) []byte {
	return append(appendEventID(b, at), '\n')
}

// appendEventID appends the line of an id, or nothing for one that is not
// known or that a line cannot hold.
func appendEventID(b []byte, id storage.ID) []byte {
	if id == "" || strings.ContainsAny(string(id), "\x00\r\n") {
		return b
	}
	b = append(b, "id: "...)
	b = append(b, id...)
	return append(b, '\n')
}

// frameFormat writes frames as RFC 6455 has them from a server, which are not
// masked, so that all readers can share them.
type frameFormat struct{}

// The first byte of a frame that is a whole message.
const (
	textFrame  = 0x81
	closeFrame = 0x88
	pingFrame  = 0x89
)

func (frameFormat) appendAction(b []byte, a *storage.Action) []byte {
	start := len(b)
	return endFrame(a.AppendJSON(beginFrame(b)), start)
}

func (frameFormat) appendMissed(b []byte, n uint64, after storage.ID) []byte {
	start := len(b)
	b = append(beginFrame(b), `{"missed":`...)
	b = strconv.AppendUint(b, n, 10)
	return endFrame(append(b, '}'), start)
}

func (frameFormat) appendBeat(b []byte, _ storage.ID) []byte { return append(b, pingFrame, 0) }

func (frameFormat) appendPlace(b []byte, _ storage.ID) []byte { return b }

// frameHead is the length of the head of most frames.
const frameHead = 4

func beginFrame(b []byte) []byte { return append(b, textFrame, 126, 0, 0) }

// endFrame fills in the head of the frame that begins at start and ends with b.
func endFrame(b []byte, start int) []byte {
	n := len(b) - start - frameHead
	switch {
	case n < 126:
		copy(b[start+2:], b[start+frameHead:])
		b[start+1] = byte(n)
		return b[:len(b)-2]
	case n <= 0xffff:
		binary.BigEndian.PutUint16(b[start+2:], uint16(n))
		return b
	}
	b = append(b, 0, 0, 0, 0, 0, 0)
	copy(b[start+10:], b[start+frameHead:start+frameHead+n])
	b[start+1] = 127
	binary.BigEndian.PutUint64(b[start+2:], uint64(n))
	return b
}
