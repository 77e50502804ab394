package middleware

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"actionlog/storage"
)

// body is the start of what a failing handler answers, which is often all
// that is known of the failure.
type body struct {
	start []byte
	deaf  bool // what comes is no text
}

// add takes the next bytes of the answer. The first ones decide, together
// with the header, whether it is text.
func (b *body) add(header http.Header, p []byte) {
	if len(b.start) == 0 && !isText(header) {
		b.deaf = true
	}
	if room := storage.MaxError - len(b.start); room > 0 && !b.deaf {
		b.start = append(b.start, p[:min(room, len(p))]...)
	}
}

// isText reports whether a header announces plain text or JSON, or nothing.
func isText(header http.Header) bool {
	if e := header.Get("Content-Encoding"); e != "" && e != "identity" {
		return false
	}
	kind, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	return kind == "" || kind == "text/plain" || kind == "application/json" || strings.HasSuffix(kind, "+json")
}

// text returns the message of a JSON object, or the text itself, or "" for
// markup and for what is no text.
func (b *body) text() string {
	s := bytes.TrimSpace(b.start)
	if len(s) == 0 || s[0] == '<' {
		return ""
	}
	if s[0] == '{' {
		if message := messageOf(s); message != "" {
			return message
		}
	}
	for n := 0; n < utf8.UTFMax && len(s) > 0; n++ { // a rune may have been cut
		if r, size := utf8.DecodeLastRune(s); r != utf8.RuneError || size != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	if !utf8.Valid(s) || bytes.IndexByte(s, 0) >= 0 {
		return ""
	}
	return string(s)
}

// messageOf returns the text of the member detail, error or message of a JSON
// object, which may be cut short. An object in their place is looked into.
func messageOf(object []byte) string {
	dec := json.NewDecoder(bytes.NewReader(object))
	found := map[string]string{}
	readMessages(dec, found, 0)
	for _, key := range messageKeys {
		if found[key] != "" {
			return found[key]
		}
	}
	return ""
}

var messageKeys = []string{"detail", "error", "message"}

// readMessages reads one object, or as much of it as there is, and keeps the
// texts of its message keys.
func readMessages(dec *json.Decoder, found map[string]string, depth int) {
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return
	}
	for {
		t, err := dec.Token()
		key, isKey := t.(string)
		if err != nil || !isKey {
			return
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return
		}
		if !wanted(key) || found[key] != "" {
			continue
		}
		var text string
		if json.Unmarshal(value, &text) == nil {
			found[key] = text
		} else if depth == 0 && value[0] == '{' {
			inner := map[string]string{}
			readMessages(json.NewDecoder(bytes.NewReader(value)), inner, depth+1)
			for _, k := range messageKeys {
				if found[key] == "" {
					found[key] = inner[k]
				}
			}
		}
	}
}

func wanted(key string) bool {
	for _, k := range messageKeys {
		if k == key {
			return true
		}
	}
	return false
}
