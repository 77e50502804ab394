package clickhouse

import (
	"context"
	"crypto/tls"
	"os"
	"time"

	"actionlog/storage"
)

// NoInstance as [Options.Instance] leaves actions without an instance as they
// are.
const NoInstance = "-"

// Options configure a [Store]. The zero Options are useful: one server, tables
// made where there are none.
type Options struct {
	// Table is the table that people ask; the names of all others begin with
	// it. Letters, digits and underscores. Default action_logs.
	Table string

	// Cluster is the cluster over which the actions are spread, as the servers'
	// configuration names it (remote_servers, system.clusters). Table is then a
	// Distributed table over it, and the tables are made ON CLUSTER. Default
	// none: all is on the server of the DSN.
	Cluster string

	// Replicated makes the tables of a shard copies of one another, by the
	// macros {shard} and {replica} of the servers' configuration. It takes a
	// Keeper or ZooKeeper.
	Replicated bool

	// NoKeeper is for a cluster without Keeper or ZooKeeper, where nothing can
	// be done ON CLUSTER: tables are made on each server of the DSN, one after
	// the other, so the DSN is to name all of them.
	NoKeeper bool

	// Password takes the place of the DSN's, for those who keep them apart.
	Password string

	// TLS is how to talk to the servers. Default what the DSN says: secure=true
	// is TLS with the system's certificates.
	TLS *tls.Config

	// Instance is filled into actions that have none when they are written.
	// Default the name of the host; [NoInstance] fills in nothing.
	Instance string

	// MaxAge is how long actions are kept, by whole days; negative for ever. It
	// counts when the tables are made: afterwards retention is the operator's,
	// by ALTER TABLE … MODIFY TTL. Default 30 days.
	MaxAge time.Duration

	// Flush is called before each read, and returns when what was recorded
	// before the call has been written: [ring.Pump.Flush] of the pump that
	// writes to this store. Default none.
	//
	// [ring.Pump.Flush]: https://pkg.go.dev/actionlog/storage/ring#Pump.Flush
	Flush func(ctx context.Context) error

	// Patience is how long a read waits for Flush; then it answers with what
	// has been written. Default 2 s.
	Patience time.Duration

	// ReadOnly makes and changes nothing. The tables must be those of this
	// version.
	ReadOnly bool

	// Lazy lets Open succeed while no server can be reached. Reads and writes
	// try again. What a server answers, such as that the password is wrong, is
	// an error of Open nevertheless.
	Lazy bool

	// OnPartial lets reads answer while servers are missing, with what the
	// others have, and is told of each such answer, before it is given, with
	// the context of the read. It may be called concurrently. Default none: a
	// read is an error while a shard is missing.
	OnPartial func(ctx context.Context, missing *MissingError)

	// Conns is how many statements run at the same time; more wait. Default 8.
	Conns int

	// DialTimeout bounds how long a connection may take. Default 5 s.
	DialTimeout time.Duration

	// Timeout bounds one statement. Default 1 minute.
	Timeout time.Duration

	// House is how often minutes that have come to rest are rolled up. Negative
	// for never: another instance does, or counts are taken from the rows.
	// Default 10 s.
	House time.Duration

	// Poll is how often a follower looks for what is new. Default 1 s.
	Poll time.Duration

	// OnError is told what went wrong in the background, of which nobody else
	// hears. Default none.
	OnError func(error)

	// Now is the clock. Default time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Table == "" {
		o.Table = "action_logs"
	}
	if o.Instance == "" {
		o.Instance, _ = os.Hostname() // a host without a name has no instance
	} else if o.Instance == NoInstance {
		o.Instance = ""
	}
	if o.MaxAge == 0 {
		o.MaxAge = 30 * 24 * time.Hour
	}
	if o.Flush == nil {
		o.Flush = func(context.Context) error { return nil }
	}
	if o.Patience <= 0 {
		o.Patience = 2 * time.Second
	}
	if o.Conns <= 0 {
		o.Conns = 8
	}
	if o.DialTimeout <= 0 {
		o.DialTimeout = 5 * time.Second
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.House == 0 {
		o.House = 10 * time.Second
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

var (
	_ storage.Searcher = (*Store)(nil)
	_ storage.Sink     = (*Store)(nil)
	_ storage.Clearer  = (*Store)(nil)
	_ storage.Follower = (*Store)(nil)
)
