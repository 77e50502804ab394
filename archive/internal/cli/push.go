package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"actionlog/archive/ship/s3"

	"github.com/spf13/cobra"
)

// watchEvery is how often push --watch looks for what has been sealed.
const watchEvery = 5 * time.Second

func (s *session) pushCommand() *cobra.Command {
	var watch, once bool
	cmd := &cobra.Command{
		Use:   "push [flags] s3://BUCKET[/PREFIX] [FOLDER]",
		Short: "Copy sealed files and their indexes to S3, and never replace any",
		Long: `Copy the sealed files of a folder, each followed by its index, to a bucket of S3
or of a server that speaks its protocol, and make sure that they arrived. The
day that is written to is not pushed.

A file that is damaged is named and stays here. An object that is there and is
the same counts as done; one that is not is named, with the checksums of both,
and left alone; the exit status is then 2. A push that was ended, in whatever
way, goes on where it was the next time.

Credentials are those of Amazon's tools: the variables AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, else the profile AWS_PROFILE of
~/.aws/credentials or ~/.aws/config. Without --endpoint and --region, those of
AWS_ENDPOINT_URL and AWS_REGION, or of the profile, hold.`,
		Example: example(
			"actionlog push s3://backups/actions/web-1 actions/",
			"actionlog push --dry-run s3://backups/actions/web-1",
			"actionlog push --watch --endpoint https://minio.example.org --path-style s3://backups actions/",
		),
		Args: atLeast(1, "push wants the URL of a bucket, s3://bucket or s3://bucket/prefix, and then a folder"),
	}
	b := s.addBucket(cmd)
	cmd.Flags().BoolVar(&once, "once", false, "end when all is there, which is the default")
	cmd.Flags().BoolVar(&b.opts.Note, "note", false, "note in the folder what is there, for a writer that removes nothing else (s3.Unpushed)")
	cmd.Flags().BoolVar(&watch, "watch", false, "go on with what is sealed next, until Ctrl-C")
	cmd.MarkFlagsMutuallyExclusive("once", "watch")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "watch")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		t, err := b.open(args[0])
		if err != nil {
			return err
		}
		defer t.bucket.Close()
		if _, err := s.openQuietly(args[1:]); err != nil {
			return err
		}
		if s.dir == "" {
			return fmt.Errorf("push takes one folder, and %s is none", strings.Join(args[1:], " "))
		}
		if watch {
			return t.watch(cmd.Context(), s.dir)
		}
		sum, err := t.bucket.Push(cmd.Context(), s.dir)
		if err == nil && !sum.Found() {
			s.note("the folder %s has no sealed file; the day that is written to is not pushed", s.dir)
		}
		return t.end(cmd.Context(), sum, err)
	}
	return cmd
}

// bucketFlags are the flags that say how a bucket is reached.
type bucketFlags struct {
	s      *session
	opts   s3.Options
	part   int // MiB
	format *string
}

// addBucket gives a command the flags of a bucket.
func (s *session) addBucket(cmd *cobra.Command) *bucketFlags {
	b := &bucketFlags{s: s}
	flags := cmd.Flags()
	flags.StringVar(&b.opts.Endpoint, "endpoint", "", "`URL` of a server that is not Amazon's")
	flags.StringVar(&b.opts.Region, "region", "", "`name` of the bucket's region")
	flags.BoolVar(&b.opts.PathStyle, "path-style", false, "have the bucket in the path of URLs and not in the host's name; always so for IP addresses")
	flags.StringVar(&b.opts.CAFile, "ca-file", "", "`file` of further certificates to believe, in PEM; AWS_CA_BUNDLE if not given")
	flags.IntVar(&b.part, "part-size", 16, "`MiB` from which on a file goes in parts of that size, 5 to 5120")
	flags.BoolVar(&b.opts.DryRun, "dry-run", false, "tell what would be done, and change nothing")
	b.format = addFormat(cmd)
	for _, name := range []string{"endpoint", "region", "part-size"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return []string{s3.Scheme}, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return b
}

// transfer is a push or a pull that is told of.
type transfer struct {
	s      *session
	bucket *s3.Bucket
	form   string
	g      *grid
	hushed map[string]bool // what was told of why requests are tried again
	dry    bool
	all    bool // whether files are told of for which there was nothing to be done
}

// open reads the flags and the URL of a bucket.
func (b *bucketFlags) open(place string) (*transfer, error) {
	form, err := b.s.form(*b.format)
	if err != nil {
		return nil, err
	}
	if b.part < 5 || b.part > 5120 {
		return nil, &flagError{"part-size", fmt.Sprint(b.part), "5 to 5120"}
	}
	t := &transfer{s: b.s, form: form, hushed: map[string]bool{}, dry: b.opts.DryRun, all: true}
	t.g = &grid{columns: []column{
		{key: "file", head: "FILE"}, {key: "state", head: "STATE"}, {key: "bytes", head: "BYTES", right: true},
		{key: "sent", head: "SENT", right: true}, {key: "error", head: "ERROR", wide: true},
	}}
	b.opts.PartSize = int64(b.part) << 20
	b.opts.Getenv = b.s.env.Getenv
	b.opts.OnProgress = b.s.progress.set
	b.opts.OnFile = t.file
	b.opts.OnRetry = t.retry
	t.bucket, err = s3.Open(place, b.opts)
	return t, err
}

// stateColours are those of the states that people look for.
var stateColours = map[s3.State]string{
	s3.Pushed: green, s3.Pulled: green, s3.Differs: red, s3.Damaged: red, s3.Wanted: yellow, s3.Missing: yellow, s3.Aborted: yellow,
}

// file adds a row.
func (t *transfer) file(f s3.File) {
	if f.State == s3.There && !t.all {
		return
	}
	var text any
	if f.Err != nil {
		text = f.Err.Error()
	}
	t.g.add(f.Name, colouredText{string(f.State), stateColours[f.State]}, f.Size, f.Sent, text)
}

// retry tells once why something takes long.
func (t *transfer) retry(err error, pause time.Duration) {
	t.s.mu.Lock()
	known := pause < time.Second || t.hushed[err.Error()] || len(t.hushed) > mostWarnings
	if !known {
		t.hushed[err.Error()] = true
	}
	t.s.mu.Unlock()
	if !known {
		t.s.note("%v; trying again", err)
	}
}

// show writes the rows that there are by now.
func (t *transfer) show() error {
	if len(t.g.rows) == 0 {
		return nil
	}
	err := errors.Join(t.s.print(t.g, t.form, time.UTC), t.s.out.Flush())
	t.g.rows, t.g.headless = nil, true
	return err
}

// end tells what was done, also before an error.
func (t *transfer) end(ctx context.Context, sum s3.Sum, err error) error {
	if showErr := t.show(); showErr != nil && err == nil {
		err = showErr
	}
	if sum.Found() {
		t.s.note("%s: %s", t.bucket, transferText(sum))
	}
	switch {
	case ctx.Err() != nil:
		t.s.note("broken off; what has arrived of a file is not sent again the next time")
		return ctx.Err()
	case err != nil:
		return err
	case sum.Troubled():
		return errTold
	}
	return found(sum.Found())
}

// transferText tells how many files there are of each state, and what was sent.
func transferText(sum s3.Sum) string {
	var parts []string
	for _, state := range []s3.State{s3.Pushed, s3.Pulled, s3.Wanted, s3.Missing, s3.There, s3.Differs, s3.Damaged, s3.Aborted} {
		if n := sum.Files[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return fmt.Sprintf("%s; %s over the wire", strings.Join(parts, ", "), sizeText(sum.Sent))
}

// watch goes on until Ctrl-C, which is the ordinary end.
func (t *transfer) watch(ctx context.Context, dir string) error {
	troubled := false
	err := t.bucket.Watch(ctx, dir, watchEvery, func(sum s3.Sum, err error) error {
		troubled = troubled || sum.Troubled()
		t.all = false // from the second look on
		if err != nil {
			t.s.warn(fmt.Errorf("%w; trying again", err))
		}
		return t.show()
	})
	switch {
	case ctx.Err() == nil:
		return errors.Join(t.show(), err)
	case troubled:
		return errTold
	}
	return errEnded
}
