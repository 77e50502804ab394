//go:build !(linux || darwin || freebsd || windows)

package archive

import (
	"errors"
	"fmt"
)

// freeBytes cannot be told here.
func freeBytes(dir string) (int64, error) {
	return 0, fmt.Errorf("ask for the free space of %s: %w", dir, errors.ErrUnsupported)
}
