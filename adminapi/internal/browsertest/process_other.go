//go:build !linux

package browsertest

import "os/exec"

// ownGroup does nothing: the browser ends when its connection does.
func ownGroup(*exec.Cmd) {}

// killGroup kills the browser; its other processes end when they notice.
func killGroup(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = cmd.Process.Kill() // it may have ended
	}
}
