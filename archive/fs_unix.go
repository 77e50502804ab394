//go:build unix

package archive

import "syscall"

// noFollow refuses a symbolic link, and does not wait for the other end of a
// pipe. It means nothing for a regular file.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
