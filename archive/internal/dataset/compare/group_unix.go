//go:build unix

package compare

import (
	"os/exec"
	"syscall"
)

// ownGroup lets the end of the context end the whole pipeline.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
