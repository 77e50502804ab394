package elasticsearch

import (
	_ "embed"
	"encoding/json"
)

//go:embed template.json
var templateJSON []byte

// Template returns the index template of a data stream, or of an index if stream
// is false. It is the body of PUT /_index_template/NAME, in Elasticsearch from 7.9
// on and in OpenSearch.
func Template(name string, stream bool) []byte {
	var t map[string]any
	if err := json.Unmarshal(templateJSON, &t); err != nil {
		panic(err) // it is part of this package
	}
	t["index_patterns"] = []string{name}
	if stream {
		t["data_stream"] = struct{}{}
	}
	out, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(out, '\n')
}
