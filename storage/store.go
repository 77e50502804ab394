package storage

import (
	"context"
	"net/netip"
	"time"
)

// Handle stands for an interned service, action, route and method. It is
// cheap to copy and valid for the life of the [Recorder] that gave it.
type Handle uint32

// Recorder takes actions in. All methods are safe for concurrent use, never
// block on a reader, a disk or a network, and never fail: what cannot be kept
// is counted by the recorder.
type Recorder interface {
	// Intern returns the handle of a name, the same one for the same name.
	// The number of names is bounded; beyond the bound, names share "other".
	// Route and method are empty for an action that is no request.
	Intern(service, action, route, method string) Handle

	// Place returns where to keep something in flight, for a caller that
	// begins one thing after the other: see Start.Place. It may be nil.
	Place() Place

	// Begin registers something in flight and reads the clock. Every Begin
	// is followed by exactly one End, on any goroutine. s is not kept, but its
	// strings may be until the place is used again.
	Begin(h Handle, s *Start) Active

	// End records what Begin registered and returns its moment. It cleans
	// f.Error, f.Path, f.RequestID and f.Attrs in place, so that the caller
	// can log what was recorded. A nil f forgets the request unrecorded. f
	// is not kept.
	End(a Active, f *Finish) Stamp

	// Record takes in an action that has ended: for all who have no handle.
	// Its ID is assigned here; one that a already has is ignored. A zero
	// Time is now.
	Record(a Action)
}

// Start is what is known of a request when it begins.
type Start struct {
	Method    string
	Path      string
	RequestID string
	Remote    netip.Addr

	// Place is one that [Recorder.Place] gave to this caller, who ended what
	// it began there before. Nil costs more: the recorder looks for one.
	Place Place
}

// Place is where a recorder keeps something in flight, one thing after the
// other. It is the recorder's own, and gone when its caller lets go of it.
type Place any

// Active is something in flight, as [Recorder.Begin] returned it. Its fields
// belong to the recorder. The zero Active is in flight nowhere: its End only
// records.
type Active struct {
	Mono  int64  // monotonic moment of Begin, in nanoseconds of the recorder's own clock
	Token uint64 // guards Place against a second End
	Place Place  // where it is kept
}

// Finish is what is known of a request when it ends.
type Finish struct {
	Handle    Handle
	HTTP      bool // whether Path to Outcome mean anything
	Failed    bool
	Code      int
	Bytes     int64
	Outcome   Outcome
	Path      string
	RequestID string // empty: the action's id serves as its request id
	Remote    netip.Addr
	TraceID   TraceID
	SpanID    SpanID
	Error     string // ignored unless Failed
	Attrs     []Attr
}

// Stamp is the moment and the identity that a recorder gave an action.
type Stamp struct {
	UnixNano int64         // when it ended
	Duration time.Duration // by the monotonic clock
	Number   uint64        // its number within Process
	Process  *Process      // nil if it was not recorded
}

// AppendID appends the action's id to dst, or nothing if it was not recorded.
func (s Stamp) AppendID(dst []byte) []byte {
	if s.Process == nil {
		return dst
	}
	return s.Process.AppendID(dst, s.Number)
}

// Searcher answers queries. Methods are safe for concurrent use.
type Searcher interface {
	// Search returns one page of the actions that match q, in q's order, or
	// an error that wraps [ErrClosed], ctx.Err(), or is a [*ParamError] for a
	// query that is not valid.
	Search(ctx context.Context, q Query) (Page, error)

	// Stats returns the counts of what q matches; its order, limit and
	// cursor are ignored.
	Stats(ctx context.Context, q Query) (Stats, error)
}

// Clearer forgets what it holds in memory. Sinks still get what they have not
// had, and archives are not touched.
type Clearer interface {
	Clear(ctx context.Context) error
}

// Follower gives out cursors over the actions as they arrive.
type Follower interface {
	// Follow returns a cursor over the actions with ids greater than after,
	// beginning with the oldest that is still held. The empty id begins with
	// the oldest held.
	Follow(after ID) Cursor

	// Newest returns the id of the newest action, or "" if there is none.
	// Follow(Newest()) sees only what is yet to come.
	Newest() ID
}

// Cursor reads on from where it is. It is not safe for concurrent use.
type Cursor interface {
	// Next fills buf with the next actions, waiting until there is at least
	// one or something was missed. missed is how many actions before buf[0]
	// were overwritten before this cursor came to them. The actions are the
	// caller's own. err is ctx.Err(), or wraps [ErrClosed] once everything
	// has been read.
	Next(ctx context.Context, buf []Action) (n int, missed uint64, err error)
}

// Sink is where actions are written to: an archive, a database.
type Sink interface {
	// Write keeps all of batch, or none of it and returns an error; the same
	// batch is then offered again. batch and what it points to belong to the
	// caller again when Write returns.
	Write(ctx context.Context, batch []Action) error
}

// Running is a request in flight.
type Running struct {
	Began     time.Time
	Age       time.Duration
	Service   string
	Action    string
	Method    string
	Path      string
	Remote    netip.Addr
	RequestID string
}

// Error is a sentinel that callers branch on.
type Error string

// Error returns the text of the sentinel.
func (e Error) Error() string { return string(e) }

// ErrClosed is what a store that was closed answers.
const ErrClosed Error = "store is closed"
