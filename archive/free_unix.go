//go:build linux || darwin || freebsd

package archive

import (
	"fmt"
	"syscall"
)

// freeBytes returns how much an ordinary user can still write below dir.
func freeBytes(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("ask for the free space of %s: %w", dir, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
