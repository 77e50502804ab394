//go:build !linux

package adminapi

import (
	"errors"
	"time"
)

func setUserTimeoutOf(uintptr, time.Duration) error { return errors.ErrUnsupported }
