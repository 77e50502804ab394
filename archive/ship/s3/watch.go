package s3

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"actionlog/archive"
)

// mostWait is the longest pause after a push that failed.
const mostWait = 5 * time.Minute

// Watch pushes what is sealed, then looks every so often and pushes whatever has
// been sealed since, until ctx is done, whose error it returns. told, which may
// be nil, hears of each push; an error that it returns ends Watch. If the first
// push fails for good, as with wrong credentials, so does Watch; later ones are
// tried again, after pauses of up to 5 minutes.
func (b *Bucket) Watch(ctx context.Context, dir string, every time.Duration, told func(Sum, error) error) error {
	known, pause := "", every
	for first := true; ; first = false {
		seen, err := fingerprint(dir)
		if err == nil && (first || seen != known) {
			var sum Sum
			sum, err = b.Push(ctx, dir)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if first && err != nil && !passing(err) {
				return err
			}
			if told != nil {
				if err := told(sum, err); err != nil {
					return err
				}
			}
		} else if err != nil && first {
			return err
		}
		if err == nil {
			known, pause = seen, every
		} else {
			pause = min(2*pause, max(mostWait, every))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// fingerprint tells one state of the sealed files of a folder from another.
func fingerprint(dir string) (string, error) {
	names, err := sealed(dir)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, n := range names {
		for _, n := range []archive.Name{n, n.As(archive.Index)} {
			if info, err := os.Lstat(filepath.Join(dir, n.String())); err == nil {
				fmt.Fprintln(&text, n, info.Size(), info.ModTime().UnixNano())
			}
		}
	}
	return text.String(), nil
}
