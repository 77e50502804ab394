package ship

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Options say how an archive is delivered. The zero Options are useful.
type Options struct {
	// Name tells this delivery from others of the same archive: it is in the
	// names of its files, in events, and in the checkpoint. Letters, digits,
	// "-", "_" and "." are allowed. The default is "ship".
	Name string

	// Checkpoint is the file that says how far delivery has come. The default
	// is .ship-NAME.checkpoint in the archive's folder.
	Checkpoint string

	// Refused is the file that takes what the far side refuses for good. The
	// default is .ship-NAME.refused beside the checkpoint.
	Refused string

	// MaxRefused is how many bytes Refused may have. Before it would have more,
	// delivery ends with [ErrRefusedFull], and goes on once it was moved away or
	// made shorter. The default is 64 MiB.
	MaxRefused int64

	// From and FromNow say where a delivery begins that has no checkpoint yet:
	// with the first action of the archive that did not end before From, or
	// with what is written from now on. The default is the archive's
	// beginning. With a checkpoint they mean nothing; the checkpoint keeps From.
	From    time.Time
	FromNow bool

	// Batch and BatchBytes are the most actions of a batch, and the most bytes of
	// their lines in the archive; a longer line is a batch by itself. The
	// defaults are 1,000 and 4 MiB. BatchBytes is at most 16 MiB.
	Batch      int
	BatchBytes int

	// Linger is how long a batch that is not full waits for more. The default
	// is 500 ms.
	Linger time.Duration

	// Poll is how often the archive is looked at while there is nothing to
	// deliver. The default is 200 ms.
	Poll time.Duration

	// Timeout is how long one call of the destination may take, as a last resort:
	// destinations have shorter ones of their own. The default is 10 minutes.
	Timeout time.Duration

	// RetryFrom and RetryTo bound the pause before a batch, or what is left of
	// it, is sent again: it doubles from the one to the other while nothing is
	// taken, and chance takes up to half of it off. The defaults are one second
	// and one minute.
	RetryFrom, RetryTo time.Duration

	// MaxAfter is the longest pause that the far side can ask for. What it asks
	// for is waited for, and no less; beyond MaxAfter it is MaxAfter. The
	// default is 15 minutes.
	MaxAfter time.Duration

	// Grace is how long the batch in flight may take once the context of Run
	// has ended; then it is abandoned, and sent again next time. The default is
	// 5 seconds.
	Grace time.Duration

	// OnEvent is told what happens, one call at a time, by the goroutine of Run,
	// which waits for it. The default is nil: nobody is told, and
	// [Shipper.Status] has the last error and all counts.
	OnEvent func(Event)

	// Now is the clock of the moments in files and in the status. The default is
	// time.Now.
	Now func() time.Time
}

const (
	maxBatchBytes = 16 << 20
	maxName       = 64
)

// withDefaults returns a completed copy.
func (o Options) withDefaults(dir string) Options {
	if o.Name == "" {
		o.Name = "ship"
	}
	if o.Checkpoint == "" {
		o.Checkpoint = filepath.Join(dir, ".ship-"+o.Name+".checkpoint")
	}
	if o.Refused == "" {
		o.Refused = filepath.Join(filepath.Dir(o.Checkpoint), ".ship-"+o.Name+".refused")
	}
	if o.MaxRefused == 0 {
		o.MaxRefused = 64 << 20
	}
	if o.Batch == 0 {
		o.Batch = 1000
	}
	if o.BatchBytes == 0 {
		o.BatchBytes = 4 << 20
	}
	for _, d := range []struct {
		at       *time.Duration
		fallback time.Duration
	}{
		{&o.Linger, 500 * time.Millisecond},
		{&o.Poll, 200 * time.Millisecond},
		{&o.Timeout, 10 * time.Minute},
		{&o.RetryFrom, time.Second},
		{&o.RetryTo, time.Minute},
		{&o.MaxAfter, 15 * time.Minute},
		{&o.Grace, 5 * time.Second},
	} {
		if *d.at == 0 {
			*d.at = d.fallback
		}
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// validate refuses what means nothing. The options are completed.
func (o *Options) validate() error {
	switch {
	case !validName(o.Name):
		return fmt.Errorf(`ship option Name is %q; allowed are at most %d letters, digits, "-", "_" and ".", and not "." first`, o.Name, maxName)
	case o.Batch < 1:
		return fmt.Errorf("ship option Batch is %d; allowed is a number of actions from 1 up", o.Batch)
	case o.BatchBytes < 1 || o.BatchBytes > maxBatchBytes:
		return fmt.Errorf("ship option BatchBytes is %d; allowed is a number of bytes from 1 to %d", o.BatchBytes, maxBatchBytes)
	case o.MaxRefused < 1:
		return fmt.Errorf("ship option MaxRefused is %d; allowed is a number of bytes from 1 up", o.MaxRefused)
	case o.FromNow && !o.From.IsZero():
		return fmt.Errorf("ship options From (%s) and FromNow are both set; allowed is one of them", o.From.Format(time.RFC3339))
	case o.RetryTo < o.RetryFrom:
		return fmt.Errorf("ship option RetryTo is %s; allowed is no less than RetryFrom, %s", o.RetryTo, o.RetryFrom)
	}
	for _, d := range []struct {
		name string
		is   time.Duration
	}{
		{"Linger", o.Linger}, {"Poll", o.Poll}, {"Timeout", o.Timeout}, {"RetryFrom", o.RetryFrom}, {"RetryTo", o.RetryTo},
		{"MaxAfter", o.MaxAfter}, {"Grace", o.Grace},
	} {
		if d.is < 0 {
			return fmt.Errorf("ship option %s is %s; it cannot be negative", d.name, d.is)
		}
	}
	return nil
}

// validName reports whether a name can be part of a file's.
func validName(s string) bool {
	return s != "" && len(s) <= maxName && s[0] != '.' && strings.IndexFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.')
	}) < 0
}
