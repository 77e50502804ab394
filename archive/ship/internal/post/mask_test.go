package post_test

import (
	"strings"
	"testing"

	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

// FuzzMask repeats a secret between other texts.
func FuzzMask(f *testing.F) {
	f.Add("s3cret-7", "you said: ", " and more")
	f.Add("two  words", "a\n", "\tb")
	f.Add("[redacted]", "", "")
	f.Add("redacted", "[", "]")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		c, err := post.New(post.Options{Product: "far", URL: "http://127.0.0.1:1", Headers: map[string]string{"X-Key": secret}})
		if err != nil {
			return // no value of a header
		}
		defer c.Close()
		got := c.Mask(before + secret + after)
		if len(secret) >= 8 && strings.Contains(strings.ReplaceAll(got, storage.DefaultMask, "\n"), secret) {
			t.Errorf("%q shows in %q", secret, got)
		}
		if strings.ContainsAny(got, "\n\r\t") || len(got) > 600 {
			t.Errorf("not on one line, or long: %q", got)
		}
	})
}
