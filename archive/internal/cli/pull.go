package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func (s *session) pullCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pull [flags] s3://BUCKET[/PREFIX] FOLDER",
		Short: "Fetch sealed files and their indexes from S3, and never replace any",
		Long: `Fetch the sealed files and the indexes that a folder lacks from a bucket, and
make sure that they arrived. The folder is made if there is none. A file has its
name only once it is whole. One that is here and is not the same is named, with
the checksums of both, and left alone; the exit status is then 2.

Credentials, endpoint and region are found as by actionlog push.`,
		Example: example(
			"actionlog pull s3://backups/actions/web-1 restored/",
			"actionlog pull --dry-run s3://backups/actions/web-1 restored/",
		),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("pull wants the URL of a bucket, s3://bucket or s3://bucket/prefix, and one folder")
			}
			return nil
		},
	}
	b := s.addBucket(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		t, err := b.open(args[0])
		if err != nil {
			return err
		}
		defer t.bucket.Close()
		sum, err := t.bucket.Pull(cmd.Context(), args[1])
		if err == nil && !sum.Found() {
			s.note("%s holds no file of an archive", t.bucket)
		}
		return t.end(cmd.Context(), sum, err)
	}
	return cmd
}
