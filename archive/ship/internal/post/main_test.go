package post_test

import (
	"testing"

	"go.uber.org/goleak"

	"actionlog/archive/ship/internal/post"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a client that is closed with the test.
func open(t *testing.T, opts post.Options) *post.Client {
	t.Helper()
	if opts.Product == "" {
		opts.Product = "the far side"
	}
	c, err := post.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
