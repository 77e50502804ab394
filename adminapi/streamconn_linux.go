package adminapi

import (
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of tcp(7), in milliseconds.
const tcpUserTimeout = 18

func setUserTimeoutOf(fd uintptr, most time.Duration) error {
	ms := min(max(most.Milliseconds(), 1), 1<<31-1)
	return syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(ms))
}
