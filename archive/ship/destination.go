package ship

import (
	"context"
	"fmt"
	"time"

	"actionlog/storage"
)

// Destination takes actions to where they are delivered. Deliver is not called
// concurrently by one [Shipper].
type Destination interface {
	// Deliver sends batch and returns when the far side has answered for
	// every record of it. batch, and what it points to, belong to the caller
	// again when Deliver returns. If err is nil, the outcome says what became
	// of each record. An error stands for the whole batch: a [*BatchError]
	// says what to do about it, any other error is treated as [Unavailable].
	Deliver(ctx context.Context, batch []storage.Action) (Outcome, error)
}

// Outcome says what became of the records of a batch. A record in neither list
// was taken by the far side. The zero Outcome means that all were.
type Outcome struct {
	Retry   []int         // indexes, ascending, of what may be sent again
	After   time.Duration // how long the far side asks to wait before that; 0 if it did not say
	Refused []Refusal     // what the far side will never take, ascending by Index
}

// Refusal is a record that the far side refused for good.
type Refusal struct {
	Index  int    // in the batch
	Reason string // the far side's own words, shortened
}

// Kind says what to do about a batch that failed as a whole.
type Kind int

const (
	// Unavailable is a far side that cannot be reached, is busy, or does not
	// let us in: the same batch is sent again later.
	Unavailable Kind = iota
	// TooLarge is a batch of which the far side takes only a part: it is cut
	// in two. A single record that is too large is refused for good.
	TooLarge
	// Refused is a batch that will never be taken as it is: it is cut in two
	// until the record is found that the far side does not take.
	Refused
)

// String returns the kind in words.
func (k Kind) String() string {
	switch k {
	case Unavailable:
		return "unavailable"
	case TooLarge:
		return "too large"
	case Refused:
		return "refused"
	}
	return fmt.Sprintf("kind %d", int(k))
}

// BatchError is a batch that failed as a whole. Whether some of its records were
// taken is not known, so records that are sent again may be there twice unless
// the far side drops repeats by their id.
type BatchError struct {
	Kind  Kind
	After time.Duration // how long the far side asks to wait; 0 if it did not say
	Err   error         // never nil; without secrets
}

// Error returns the text of Err.
func (e *BatchError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *BatchError) Unwrap() error { return e.Err }
