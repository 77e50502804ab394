package storage_test

import (
	"fmt"
	"strings"
	"testing"

	"actionlog/storage"
)

// TestRedactorRefused holds what is told to who sets an option of a redactor
// that cannot be had.
func TestRedactorRefused(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, opts := range []storage.RedactOptions{
		{Patterns: []string{"("}}, {Patterns: []string{"a*"}}, {Patterns: []string{"ok", "[z-a]"}},
		{Mask: "x"}, {Mask: "secret"}, {Mask: "[" + strings.Repeat("x", 200) + "]"}, {Mask: "[\n]"},
	} {
		_, err := storage.NewRedactor(opts)
		if err == nil {
			t.Errorf("%+v: nothing is wrong with it", opts)
			continue
		}
		fmt.Fprintf(&got, "%+q %+q\n\t%v\n", opts.Patterns, opts.Mask, err)
	}
	golden(t, "redact_errors.txt", got.String())
}
