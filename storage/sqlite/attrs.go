package sqlite

import (
	"encoding/json"
	"strings"

	"actionlog/storage"
)

// attrsText writes attributes as one JSON object, in their order.
func attrsText(attrs []storage.Attr) string {
	b := []byte{'{'}
	for i, attr := range attrs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, attr.Key)
		b = append(b, ':')
		b = appendQuoted(b, attr.Value)
	}
	return string(append(b, '}'))
}

func appendQuoted(b []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // a string is never refused
	return append(b, quoted...)
}

// parseAttrs reads what attrsText wrote.
func parseAttrs(s string) ([]storage.Attr, error) {
	d := json.NewDecoder(strings.NewReader(s))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var attrs []storage.Attr
	for d.More() {
		var attr storage.Attr
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		attr.Key, _ = key.(string)
		if err := d.Decode(&attr.Value); err != nil {
			return nil, err
		}
		attrs = append(attrs, attr)
	}
	_, err := d.Token()
	return attrs, err
}
