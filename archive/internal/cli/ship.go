package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"actionlog/archive/ship"
	"actionlog/storage"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const longShip = `Deliver the actions of an archive to another system, those that are there and
those that come, until Ctrl-C. A checkpoint beside the archive says how far
delivery has come, so an outage, a restart or a kill loses nothing; each action
is delivered at least once, and has an id by which repeats can be dropped.

What the far side does not take is sent again for as long as it takes. What it
refuses for good goes to a file, each action with the reason; what is damaged in
the archive, or was removed before it was delivered, is told and counted.

A delivery begins with the first action of the archive, or where --from says. A
second one to the same kind of place needs a --name of its own. The exit status
is 0, and with --once 2 where something was refused, missed or damaged.`

// shipment is the flags that all destinations share.
type shipment struct {
	s    *session
	opts ship.Options

	from    string
	once    bool
	dryRun  bool
	metrics string
}

// target is a destination that was opened.
type target struct {
	to    ship.Destination
	place string // for people
	close func() error
}

// opener opens a destination for the archive in dir. With dry set it is only
// asked for previews: it connects to nothing and writes nothing.
type opener func(ctx context.Context, dir string, dry bool) (target, error)

func (s *session) shipCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ship DESTINATION",
		Short: "Deliver actions to another system, over outages and restarts",
		Long:  longShip,
		Example: example(
			"actionlog ship elasticsearch --dry-run https://es.example:9200 actions/",
			"actionlog ship loki --from 24h http://localhost:3100 actions/",
			"actionlog ship stdout --from now actions/ | vector",
		),
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no destination %q; allowed is %s", args[0], destinationNames(cmd))
			}
			return fmt.Errorf("a destination is missing; allowed is %s", destinationNames(cmd))
		},
	}
	cmd.AddCommand(
		s.shipElasticsearchCommand(), s.shipSplunkCommand(), s.shipOTLPCommand(), s.shipLokiCommand(), s.shipClickHouseCommand(),
		s.shipFileCommand(), s.shipStdoutCommand(),
	)
	return cmd
}

// destinationNames lists the commands below ship.
func destinationNames(cmd *cobra.Command) string {
	text := ""
	for _, c := range cmd.Commands() {
		if c.Name() != "help" {
			if text != "" {
				text += ", "
			}
			text += c.Name()
		}
	}
	return text
}

// addShipment gives a command the flags of a delivery, which is by default called
// as the command is.
func (s *session) addShipment(cmd *cobra.Command) *shipment {
	x := &shipment{s: s}
	f := cmd.Flags()
	f.StringVar(&x.opts.Name, "name", cmd.Name(), "`name` of this delivery, where the archive has several of a kind")
	f.StringVar(&x.opts.Checkpoint, "checkpoint", "", "`file` that says how far delivery has come (default .ship-NAME.checkpoint in the archive's folder)")
	f.StringVar(&x.opts.Refused, "refused", "", "`file` for what is refused for good (default .ship-NAME.refused beside the checkpoint)")
	f.StringVar(&x.from, "from", "", "`moment` to begin at instead of the first action of the archive: now, 2026-11-22T09:30:00Z, 2026-11-22, or 15m, 36h, 7d before now; with a checkpoint it means nothing")
	f.BoolVar(&x.once, "once", false, "end with what the archive holds now")
	f.BoolVar(&x.dryRun, "dry-run", false, "tell what would be sent, and send nothing")
	f.IntVar(&x.opts.Batch, "batch", 1000, "most `actions` that are sent together")
	f.DurationVar(&x.opts.Linger, "linger", 500*time.Millisecond, "how long a batch that is not full waits for more")
	f.StringVar(&x.metrics, "metrics", "", "`address` of this machine to serve metrics for Prometheus on, such as 127.0.0.1:9464")
	cmd.RegisterFlagCompletionFunc("from", cobra.FixedCompletions([]string{"now", "1h", "24h", "7d"}, cobra.ShellCompDirectiveNoFileComp))
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "since" {
			name = "from"
		}
		return pflag.NormalizedName(name)
	})
	return x
}

// folder returns the folder of the archive that the paths name.
func (x *shipment) folder(paths []string) (string, error) {
	if len(paths) > 1 {
		return "", fmt.Errorf("there are %d paths behind the destination; allowed is one folder", len(paths))
	}
	if _, err := x.s.openQuietly(paths); err != nil {
		return "", err
	}
	if x.s.dir == "" {
		return "", fmt.Errorf("%s is no folder; allowed is the folder of an archive, whose files are followed", paths[0])
	}
	return x.s.dir, nil
}

// begin reads --from.
func (x *shipment) begin() error {
	if x.from == "" {
		return nil
	}
	if x.from == "now" {
		x.opts.FromNow = true
		return nil
	}
	q, err := storage.ParseQuery(url.Values{"from": {inZone(x.from, time.UTC)}}, x.s.env.Now())
	if err != nil {
		return &flagError{"from", x.from, "now, a moment such as 2026-11-22 or 2026-11-22T09:30:00Z, or a time before now such as 15m, 36h, 7d"}
	}
	x.opts.From = q.From
	return nil
}

// run delivers, or tells what would be delivered.
func (x *shipment) run(ctx context.Context, open opener, paths []string) error {
	dir, err := x.folder(paths)
	if err != nil {
		return err
	}
	if err := x.begin(); err != nil {
		return err
	}
	if x.opts.Batch < 1 || x.opts.Batch > mostBatch {
		return &flagError{"batch", fmt.Sprint(x.opts.Batch), fmt.Sprintf("1 to %d", mostBatch)}
	}
	x.opts.Now = x.s.env.Now
	t, err := open(ctx, dir, x.dryRun)
	if err != nil {
		return err
	}
	defer t.close()
	if x.dryRun {
		return x.plan(ctx, dir, t)
	}
	return x.deliver(ctx, dir, t)
}

const mostBatch = 100_000

// deliver runs a shipper until ctx ends, or until the end of the archive.
func (x *shipment) deliver(ctx context.Context, dir string, t target) (err error) {
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	r := newShipReport(x, t.place)
	x.opts.OnEvent = r.event
	shipper, err := ship.Open(dir, ending{t.to, cut}, x.opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shipper.Close()) }()
	url, stop, err := serveMetrics(ctx, x.metrics, x.opts.Name, shipper)
	if err != nil {
		return err
	}
	defer stop()
	r.begin(shipper)
	if url != "" {
		r.log("metrics on %s", url)
	}
	if x.once {
		err = shipper.CatchUp(ctx)
	} else {
		err = shipper.Run(ctx)
	}
	r.end()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	switch {
	case err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) && !x.once:
		return errEnded
	case err != nil:
		return err
	case r.troubled():
		return errTold
	}
	return nil
}

// ending ends a delivery whose reader has gone away.
type ending struct {
	ship.Destination
	cut context.CancelCauseFunc
}

// Deliver delivers.
func (e ending) Deliver(ctx context.Context, batch []storage.Action) (ship.Outcome, error) {
	out, err := e.Destination.Deliver(ctx, batch)
	if readerGone(err) {
		e.cut(err)
	}
	return out, err
}

// nothing is a target's close where there is nothing to close.
func nothing() error { return nil }
