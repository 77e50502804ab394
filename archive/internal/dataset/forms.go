package dataset

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// sealed is an archive. Its clock is the time of what is written.
type sealed struct {
	w     *archive.Writer
	clock *atomic.Int64
	day   string
}

func newSealed(dir string) (*sealed, error) {
	s := &sealed{clock: new(atomic.Int64)}
	w, err := archive.OpenWriter(dir, archive.Options{
		Now:    func() time.Time { return time.Unix(0, s.clock.Load()) },
		Sync:   archive.SyncNever,
		MaxAge: -1,
	})
	s.w = w
	return s, err
}

func (s *sealed) write(ctx context.Context, batch []storage.Action, _ []byte) error {
	if day := dayOf(batch[0]); day != s.day {
		if err := s.w.Rotate(ctx); err != nil {
			return err
		}
		s.day = day
	}
	s.clock.Store(batch[0].Time.UnixNano())
	return s.w.Write(ctx, batch)
}

func (s *sealed) close(ctx context.Context) error {
	return errors.Join(s.w.Rotate(ctx), s.w.Close())
}

// plain is a file of JSON Lines a day.
type plain struct {
	dir, day string
	f        *os.File
}

func newPlain(dir string) (*plain, error) { return &plain{dir: dir}, os.Mkdir(dir, 0o755) }

func (p *plain) write(_ context.Context, batch []storage.Action, text []byte) (err error) {
	if day := dayOf(batch[0]); day != p.day {
		if err := p.end(); err != nil {
			return err
		}
		if p.f, err = create(p.dir, day, ".jsonl"); err != nil {
			return err
		}
		p.day = day
	}
	_, err = p.f.Write(text)
	return err
}

func (p *plain) close(context.Context) error { return p.end() }

func (p *plain) end() error {
	if p.f == nil {
		return nil
	}
	f := p.f
	p.f = nil
	return f.Close()
}

// packed is a stream of gzip a day, made while the other forms are written.
type packed struct {
	dir   string
	texts chan packedText
	done  chan error // takes how it ended
}

type packedText struct {
	day  string
	text []byte
}

func newPacked(dir string) (*packed, error) {
	p := &packed{dir: dir, texts: make(chan packedText, 64), done: make(chan error, 1)}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	go func() { p.done <- p.pack() }()
	return p, nil
}

func (p *packed) write(ctx context.Context, batch []storage.Action, text []byte) error {
	select {
	case p.texts <- packedText{dayOf(batch[0]), text}:
		return nil
	case err := <-p.done:
		p.done <- err // for close
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *packed) close(context.Context) error {
	close(p.texts)
	return <-p.done
}

// pack writes what comes until there is no more.
func (p *packed) pack() (err error) {
	var day string
	end := func() error { return nil }
	defer func() { err = errors.Join(err, end()) }()
	var w io.Writer
	for t := range p.texts {
		if t.day != day {
			err := end()
			end = func() error { return nil }
			if err != nil {
				return err
			}
			f, err := create(p.dir, t.day, ".jsonl.gz")
			if err != nil {
				return err
			}
			buf := bufio.NewWriterSize(f, 1<<18)
			zw := gzip.NewWriter(buf)
			zw.Name = "actions-" + t.day + ".jsonl"
			end = func() error { return errors.Join(zw.Close(), buf.Flush(), f.Close()) }
			w, day = zw, t.day
		}
		if _, err := w.Write(t.text); err != nil {
			return err
		}
	}
	return nil
}

func create(dir, day, ext string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, "actions-"+day+ext), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}
