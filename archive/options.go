package archive

import (
	"fmt"
	"time"
)

// Options says how an archive is written. The zero Options is useful: a file
// a day in UTC, on disk within a second, kept for 30 days.
type Options struct {
	// Rotation is how long one file is written to: Daily (the default) or
	// Weekly.
	Rotation Rotation

	// Location is where midnight is looked up. The default is time.UTC. Lines
	// are filed by the clock of the writer, not by the actions' own times.
	Location *time.Location

	// MaxFileSize is how many bytes a plain file may have before it is followed
	// by another of the same day. It is looked at before a batch is written, so
	// that one batch may lie across the limit. Zero is
	// no limit.
	MaxFileSize int64

	// Sync says when lines are forced to the disk; SyncInterval by default.
	Sync SyncPolicy

	// SyncEvery is the time between a write and the fsync that follows it with
	// SyncInterval. The default is one second.
	SyncEvery time.Duration

	// MaxAge is how long a sealed file is kept after its last day, and after
	// its newest action where that is up to a week later than that day. The default is 30 days; a negative one keeps files for
	// ever. Plain files are never removed.
	MaxAge time.Duration

	// MaxBytes is what all files together may have, indexes included; the
	// oldest sealed ones go first. Of the day that is written to, the last stays in any case, as its
	// number must not be given to another. Zero is no limit.
	MaxBytes int64

	// MinFreeBytes is how much of the disk is left to others; where less is
	// free, the oldest sealed files go. Zero is none. Where plain files alone
	// fill the disk, writing and sealing fail until somebody makes room.
	MinFreeBytes int64

	// Keep is asked, before a sealed file is removed because of its age or of
	// the room that it takes, by its base name whether it has to stay: because it
	// has not been copied elsewhere, say. What stays counts for MaxBytes and
	// MinFreeBytes as ever; others go in its place, and if that is not enough,
	// the limit is exceeded. It is called by the goroutine that removes files,
	// which waits for it. The default is nil: no file has to stay.
	Keep func(file string) bool

	// Now is the clock that lines are filed by. The default is time.Now.
	Now func() time.Time

	// OnEvent is told what the writer does and what it could not do. It is
	// called from several goroutines, one call at a time, with no lock held
	// that [Writer.Status] or [Writer.Write] needs. It must not call
	// [Writer.Rotate], [Writer.Sync] or [Writer.Close], which may wait for what
	// called it. The default is nil: nobody is told, and [Writer.Status]
	// still shows the last error of each kind.
	OnEvent func(Event)

	fs fileSystem
}

// SyncPolicy says what a [Writer.Write] that returned nil has promised. With
// every policy, lines survive the death of the process at any moment: they
// are with the operating system. The policies differ in what a loss of power
// or a crash of the system may take.
type SyncPolicy uint8

// The policies.
const (
	// SyncInterval forces lines to the disk [Options.SyncEvery] after they were
	// written. What was written within the last interval, and during the fsync
	// itself, may be lost with the power.
	SyncInterval SyncPolicy = iota

	// SyncEveryBatch forces each batch to the disk before Write returns.
	// Nothing that Write took is lost with the power; each batch costs an fsync.
	SyncEveryBatch

	// SyncNever leaves it to the operating system, which may take half a minute
	// or more, until [Writer.Sync], [Writer.Close] or a rotation.
	SyncNever
)

// String returns "interval", "every batch" or "never".
func (p SyncPolicy) String() string {
	switch p {
	case SyncEveryBatch:
		return "every batch"
	case SyncNever:
		return "never"
	}
	return "interval"
}

const (
	defaultSyncEvery = time.Second
	defaultMaxAge    = 30 * 24 * time.Hour
)

// withDefaults returns a completed copy.
func (o Options) withDefaults() Options {
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.SyncEvery == 0 {
		o.SyncEvery = defaultSyncEvery
	}
	if o.MaxAge == 0 {
		o.MaxAge = defaultMaxAge
	}
	if o.Keep == nil {
		o.Keep = func(string) bool { return false }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	if o.fs == nil {
		o.fs = disk{}
	}
	return o
}

// validate refuses what means nothing.
func (o *Options) validate() error {
	switch {
	case o.Rotation > Weekly:
		return fmt.Errorf("archive option Rotation is %d; allowed are Daily and Weekly", o.Rotation)
	case o.Sync > SyncNever:
		return fmt.Errorf("archive option Sync is %d; allowed are SyncInterval, SyncEveryBatch and SyncNever", o.Sync)
	case o.SyncEvery < 0:
		return fmt.Errorf("archive option SyncEvery is %s; allowed is zero for one second, or a duration greater than zero", o.SyncEvery)
	case o.MaxFileSize < 0:
		return fmt.Errorf("archive option MaxFileSize is %d; allowed is zero for no limit, or a number of bytes", o.MaxFileSize)
	case o.MaxBytes < 0:
		return fmt.Errorf("archive option MaxBytes is %d; allowed is zero for no limit, or a number of bytes", o.MaxBytes)
	case o.MinFreeBytes < 0:
		return fmt.Errorf("archive option MinFreeBytes is %d; allowed is zero for none, or a number of bytes", o.MinFreeBytes)
	}
	return nil
}
