package post

import (
	"strconv"

	"actionlog/storage"
)

// AppendSummary appends the action in one line for people: what it was, how it
// ended, how long it took, and the error.
func AppendSummary(dst []byte, a *storage.Action) []byte {
	dst = append(dst, a.Action...)
	if a.Failed() {
		dst = append(dst, " failed"...)
	} else {
		dst = append(dst, " succeeded"...)
	}
	if a.HTTP != nil && a.HTTP.Code != 0 {
		dst = append(dst, " with "...)
		dst = strconv.AppendInt(dst, int64(a.HTTP.Code), 10)
	}
	dst = append(dst, " in "...)
	dst = append(dst, a.Duration.String()...)
	if a.Failed() && a.Error != "" {
		dst = append(dst, ": "...)
		dst = append(dst, a.Error...)
	}
	return dst
}
