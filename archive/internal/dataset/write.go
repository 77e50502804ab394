package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"actionlog/storage"
)

// The forms of a data set, each a folder of that name with a file a day.
const (
	Archive = "archive" // sealed and indexed, as [archive.Writer] leaves it
	Lines   = "lines"   // plain JSON Lines
	Gzip    = "gzip"    // one stream of gzip a file, with nothing beside it
)

// Forms are all forms.
var Forms = []string{Archive, Lines, Gzip}

const batchSize = 2048

// Write makes the folder dir, which must not be there yet, with a folder in it
// for each of the forms. The folder appears when it is whole; after an error,
// and after the end of ctx, nothing is left. report, if it is not nil, is told
// from time to time how many actions were written.
func Write(ctx context.Context, dir string, opts Options, forms []string, report func(done int)) (err error) {
	s, err := New(opts)
	if err != nil {
		return err
	}
	if len(forms) == 0 {
		return fmt.Errorf("no form is asked for; allowed are %s", strings.Join(Forms, ", "))
	}
	for _, form := range forms {
		if !slices.Contains(Forms, form) {
			return fmt.Errorf("form %q is unknown; allowed are %s", form, strings.Join(Forms, ", "))
		}
	}
	dir = filepath.Clean(dir)
	if _, err := os.Lstat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = errors.New("it is there already; name another, or remove it")
		}
		return fmt.Errorf("write the data set %s: %w", dir, err)
	}
	draft, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write the data set %s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write the data set %s: %w", dir, err), os.RemoveAll(draft))
		}
	}()
	if err := fill(ctx, draft, s, forms, report); err != nil {
		return err
	}
	if err := os.Chmod(draft, 0o755); err != nil {
		return err
	}
	return os.Rename(draft, dir)
}

// form takes the actions of a stream, in batches of one day each.
type form interface {
	write(ctx context.Context, batch []storage.Action, text []byte) error
	close(ctx context.Context) error // also after an error
}

func fill(ctx context.Context, dir string, s *Stream, names []string, report func(int)) (err error) {
	var forms []form
	defer func() {
		for _, f := range forms {
			err = errors.Join(err, f.close(ctx))
		}
	}()
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		f, err := newForm(filepath.Join(dir, name), name)
		if err != nil {
			return err
		}
		forms = append(forms, f)
	}
	batch := make([]storage.Action, 0, batchSize)
	flush := func() error {
		if err := ctx.Err(); err != nil || len(batch) == 0 {
			return err
		}
		text := make([]byte, 0, len(batch)*400)
		for i := range batch {
			text = append(batch[i].AppendJSON(text), '\n')
		}
		for _, f := range forms {
			if err := f.write(ctx, batch, text); err != nil {
				return err
			}
		}
		batch = batch[:0]
		if report != nil {
			report(s.n)
		}
		return nil
	}
	for {
		a, ok := s.Next()
		if !ok {
			return flush()
		}
		if len(batch) == batchSize || len(batch) > 0 && dayOf(batch[0]) != dayOf(a) {
			if err := flush(); err != nil {
				return err
			}
		}
		batch = append(batch, a)
	}
}

func dayOf(a storage.Action) string { return a.Time.UTC().Format("2006-01-02") }

func newForm(dir, name string) (form, error) {
	switch name {
	case Archive:
		return newSealed(dir)
	case Gzip:
		return newPacked(dir)
	}
	return newPlain(dir)
}
