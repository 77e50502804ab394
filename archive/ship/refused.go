package ship

import (
	"encoding/json"
	"fmt"
	"time"

	"actionlog/storage"
)

// ErrRefusedFull ends a delivery whose file of refused records has no room for
// another: something is wrong that somebody has to look at.
const ErrRefusedFull storage.Error = "the file of refused records is full"

// maxReason is how many bytes of a reason are kept.
const maxReason = 2 << 10

// refused is a record that the far side will never take.
type refused struct {
	action *storage.Action
	reason string
}

// refusedFile takes what the far side refuses, a line each: the action as the
// archive has it, and in one more key, "refused", the reason, the time, and the
// name of the delivery.
type refusedFile struct {
	lines lineFile
	name  string
	max   int64
	now   func() time.Time
}

// add returns once the records are on the disk.
func (r *refusedFile) add(list []refused) error {
	var b []byte
	for _, x := range list {
		note, err := json.Marshal(struct {
			Reason string    `json:"reason"`
			At     time.Time `json:"at"`
			By     string    `json:"by"`
		}{x.reason, r.now().UTC(), r.name})
		if err != nil {
			return err
		}
		b = x.action.AppendJSON(b)
		b = append(b[:len(b)-1], `,"refused":`...)
		b = append(append(b, note...), "}\n"...)
	}
	if err := r.lines.open(); err != nil {
		return err
	}
	if r.lines.size+int64(len(b)) > r.max {
		return fmt.Errorf("%w: %s has %d bytes, %d more are to be added, and %d are allowed; look at the reasons in it, then move it away or allow more, and what is refused goes on being kept",
			ErrRefusedFull, r.lines.path, r.lines.size, len(b), r.max)
	}
	return r.lines.append(b)
}
