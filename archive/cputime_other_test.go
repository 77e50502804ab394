//go:build !unix

package archive_test

import (
	"testing"
	"time"
)

// cpuTime is not told here.
func cpuTime(testing.TB) time.Duration { return 0 }
