package s3

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"actionlog/archive"

	"github.com/minio/minio-go/v7"
)

// upload is one in parts that has not been completed.
type upload struct {
	base, id  string
	initiated time.Time
}

// uploads returns those of names that an archive's file can have, the newest
// first.
func (b *Bucket) uploads(ctx context.Context) (list []upload, err error) {
	err = b.try(ctx, "list unfinished uploads to "+b.String(), func(ctx context.Context, beat func()) error {
		list = nil
		keyMarker, idMarker := "", ""
		for {
			page, err := b.core.ListMultipartUploads(ctx, b.name, b.key("actions-"), keyMarker, idMarker, "", 1000)
			beat()
			if err != nil {
				return err
			}
			for _, u := range page.Uploads {
				base, ok := strings.CutPrefix(u.Key, b.prefix)
				if n, isName := archive.ParseName(base); ok && isName && (n.Kind == archive.Sealed || n.Kind == archive.Index) {
					list = append(list, upload{base, u.UploadID, u.Initiated})
				}
			}
			if !page.IsTruncated || page.NextKeyMarker == keyMarker && page.NextUploadIDMarker == idMarker {
				return nil
			}
			keyMarker, idMarker = page.NextKeyMarker, page.NextUploadIDMarker
		}
	})
	slices.SortStableFunc(list, func(x, y upload) int { return y.initiated.Compare(x.initiated) })
	return list, err
}

// sending is an upload in parts that is under way.
type sending struct {
	l         *local
	id        string
	continued bool                       // begun by another push
	fits      bool                       // whether its parts are stretches of the file
	checked   bool                       // whether its parts have checksums in SHA-256
	have      map[int]minio.CompletePart // by number from 1: what the server has and need not be sent
	sent      map[int]minio.CompletePart // what this push sent
}

// errForeign is an upload whose parts are not those of the file.
var errForeign = errors.New("its parts are other stretches than this file's")

// mostBegun is how many uploads of one file a push begins, each after another
// process ended the one before.
const mostBegun = 3

// putParts creates an object in parts. It reports false where there is one by
// now, which may be of this push: an answer can be lost.
func (b *Bucket) putParts(ctx context.Context, l *local, unfinished []upload) (created bool, sent int64, err error) {
	for range mostBegun {
		s, err := b.begin(ctx, l, unfinished)
		if err != nil {
			return false, sent, err
		}
		kept := int64(0)
		for n := range s.have {
			kept += l.digest.parts[n-1].size
		}
		l.count(kept)
		err = b.sendParts(ctx, s)
		for n := range s.sent {
			sent += l.digest.parts[n-1].size
		}
		if err == nil {
			err = b.complete(ctx, s)
		}
		switch {
		case err == nil:
			return true, sent, nil
		case isThere(err):
			return false, sent, b.abort(ctx, upload{base: l.base, id: s.id})
		case ctx.Err() != nil:
			return false, sent, ctx.Err()
		case statusOf(err) == http.StatusNotFound && codeOf(err) != "NoSuchBucket":
			// Completed by an answer that was lost, or by another process; or aborted.
			if _, ok, statErr := b.stat(ctx, l.base); ok || statErr != nil {
				return false, sent, statErr
			}
		case s.continued && statusOf(err) == http.StatusBadRequest:
			// Begun in another way than this push would: left alone.
		default:
			return false, sent, err
		}
		l.count(-kept)
		for n := range s.sent {
			l.count(-l.digest.parts[n-1].size)
		}
		unfinished = slices.DeleteFunc(slices.Clone(unfinished), func(u upload) bool { return u.id == s.id })
	}
	return false, sent, fmt.Errorf("put %s: %d uploads of it were ended by somebody else", b.url(l.base), mostBegun)
}

// begin continues the newest upload that fits, or begins one.
func (b *Bucket) begin(ctx context.Context, l *local, unfinished []upload) (*sending, error) {
	for _, u := range unfinished {
		if u.base != l.base {
			continue
		}
		s, err := b.resume(ctx, l, u.id)
		if err == nil {
			return s, nil
		}
		if !errors.Is(err, errForeign) && statusOf(err) != http.StatusNotFound {
			return nil, err
		}
	}
	s := &sending{l: l, sent: map[int]minio.CompletePart{}}
	err := b.tryChecked(ctx, "begin to put "+b.url(l.base), func(ctx context.Context, _ func()) (err error) {
		opts := b.putOptions(l)
		if s.checked = !b.unchecked.Load(); s.checked {
			opts.UserMetadata["X-Amz-Checksum-Algorithm"] = "SHA256"
		}
		s.id, err = b.core.NewMultipartUpload(ctx, b.name, b.key(l.base), opts)
		return err
	})
	return s, err
}

// resume looks which parts of an upload need not be sent again.
func (b *Bucket) resume(ctx context.Context, l *local, id string) (s *sending, err error) {
	err = b.try(ctx, "look at the unfinished upload of "+b.url(l.base), func(ctx context.Context, beat func()) error {
		s = &sending{l: l, id: id, continued: true, have: map[int]minio.CompletePart{}, sent: map[int]minio.CompletePart{}}
		for marker := 0; ; {
			page, err := b.core.ListObjectParts(ctx, b.name, b.key(l.base), id, marker, 1000)
			beat()
			if err != nil {
				return err
			}
			s.checked = page.ChecksumAlgorithm == "SHA256"
			for _, p := range page.ObjectParts {
				if p.PartNumber < 1 || p.PartNumber > len(l.digest.parts) || p.Size != l.digest.parts[p.PartNumber-1].size {
					return nil
				}
				s.keep(p)
			}
			if !page.IsTruncated || page.NextPartNumberMarker <= marker {
				s.fits = true
				return nil
			}
			marker = page.NextPartNumberMarker
		}
	})
	if err == nil && !s.fits {
		err = errForeign
	}
	return s, err
}

// keep notes a part that the server has, if its checksum is right.
func (s *sending) keep(p minio.ObjectPart) {
	want := &s.l.digest.parts[p.PartNumber-1]
	etag := strings.Trim(p.ETag, `"`)
	switch {
	case s.checked && p.ChecksumSHA256 == want.shaBase64():
		s.have[p.PartNumber] = minio.CompletePart{PartNumber: p.PartNumber, ETag: etag, ChecksumSHA256: p.ChecksumSHA256}
	case !s.checked && etag == want.md5Hex():
		s.have[p.PartNumber] = minio.CompletePart{PartNumber: p.PartNumber, ETag: etag}
	}
}

// sendParts sends what is missing, several parts at a time.
func (b *Bucket) sendParts(ctx context.Context, s *sending) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	numbers := make(chan int)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range min(b.opts.Parallel, len(s.l.digest.parts)) {
		wg.Go(func() {
			for n := range numbers {
				p, err := b.sendPart(ctx, s, n)
				if err != nil {
					cancel(err)
					continue
				}
				mu.Lock()
				s.sent[n] = p
				mu.Unlock()
			}
		})
	}
	for i := range s.l.digest.parts {
		if _, ok := s.have[i+1]; ok {
			continue
		}
		select {
		case numbers <- i + 1:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(numbers)
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// sendPart sends one part.
func (b *Bucket) sendPart(ctx context.Context, s *sending, number int) (done minio.CompletePart, err error) {
	p := &s.l.digest.parts[number-1]
	what := fmt.Sprintf("put part %d of %d of %s", number, len(s.l.digest.parts), b.url(s.l.base))
	err = b.try(ctx, what, func(ctx context.Context, beat func()) error {
		opts := minio.PutObjectPartOptions{Sha256Hex: p.shaHex(), DisableContentSha256: true}
		done = minio.CompletePart{PartNumber: number}
		if s.checked {
			opts.CustomHeader = http.Header{"X-Amz-Checksum-Sha256": {p.shaBase64()}}
			done.ChecksumSHA256 = p.shaBase64()
		}
		body := s.l.body(p, beat)
		got, err := b.core.PutObjectPart(ctx, b.name, b.key(s.l.base), s.id, number, body, p.size, opts)
		if err != nil {
			body.takeBack()
			return err
		}
		done.ETag = got.ETag
		return nil
	})
	return done, err
}

// complete makes the object of its parts, unless there is one.
func (b *Bucket) complete(ctx context.Context, s *sending) error {
	var parts []minio.CompletePart
	for _, m := range []map[int]minio.CompletePart{s.have, s.sent} {
		for _, p := range m {
			parts = append(parts, p)
		}
	}
	slices.SortFunc(parts, func(x, y minio.CompletePart) int { return cmp.Compare(x.PartNumber, y.PartNumber) })
	return b.try(ctx, "complete "+b.url(s.l.base), func(ctx context.Context, beat func()) error {
		stop := keepBeating(b.opts.Stall, beat) // making one object of many parts may take minutes
		defer stop()
		opts := minio.PutObjectOptions{}
		opts.SetMatchETagExcept("*")
		_, err := b.core.CompleteMultipartUpload(ctx, b.name, b.key(s.l.base), s.id, parts, opts)
		return err
	})
}

// completeWithin is how many times the stall a completion may take.
const completeWithin = 5

// keepBeating beats for a request that moves nothing while the server works.
func keepBeating(stall time.Duration, beat func()) (stop func()) {
	ctx, cancel := context.WithTimeout(context.Background(), completeWithin*stall)
	tick := time.NewTicker(max(stall/3, time.Millisecond))
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				beat()
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}

// abort ends an upload. That it is gone already is fine.
func (b *Bucket) abort(ctx context.Context, u upload) error {
	return b.try(ctx, "abort the unfinished upload of "+b.url(u.base), func(ctx context.Context, _ func()) error {
		err := b.core.AbortMultipartUpload(ctx, b.name, b.key(u.base), u.id)
		if statusOf(err) == http.StatusNotFound && codeOf(err) != "NoSuchBucket" {
			return nil
		}
		return err
	})
}
