package inflate_test

import (
	"bytes"
	"compress/gzip"
	"fmt"

	"actionlog/archive/internal/inflate"
)

// A member whose text has a length that is known.
func ExampleDecoder_Member() {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprintln(w, `{"service":"CaseService"}`)
	w.Close()

	var d inflate.Decoder
	text := make([]byte, 26)
	n, read, err := d.Member(text, packed.Bytes())
	fmt.Printf("%s", text[:n])
	fmt.Println(read == packed.Len(), err)
	// Output:
	// {"service":"CaseService"}
	// true <nil>
}
