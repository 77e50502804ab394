package s3

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"actionlog/archive"

	"github.com/minio/minio-go/v7"
)

// object is what the server tells of one.
type object struct {
	size     int64
	etag     string
	sha256   string // base64 as the server writes it; empty if it has none
	partSize int64  // as it was noted with the object; 0 if it was not
}

// The names under which a push notes something with an object, for people and
// for the next push. Nothing is believed of it but how long the parts are.
const (
	metaSHA256   = "Actionlog-Sha256"
	metaPartSize = "Actionlog-Part-Size"
)

// list returns the archive's objects below the prefix by their base names.
func (b *Bucket) list(ctx context.Context) (objects map[string]object, err error) {
	err = b.try(ctx, "list "+b.String(), func(ctx context.Context, beat func()) error {
		objects = map[string]object{}
		for o := range b.core.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: b.key("actions-")}) {
			if beat(); o.Err != nil {
				return o.Err
			}
			base := strings.TrimPrefix(o.Key, b.prefix)
			if n, ok := archive.ParseName(base); ok && (n.Kind == archive.Sealed || n.Kind == archive.Index) {
				objects[base] = object{size: o.Size, etag: strings.Trim(o.ETag, `"`)}
			}
		}
		return ctx.Err()
	})
	return objects, err
}

// stat asks for an object. ok tells whether there is one.
func (b *Bucket) stat(ctx context.Context, base string) (o object, ok bool, err error) {
	err = b.try(ctx, "look at "+b.url(base), func(ctx context.Context, beat func()) error {
		info, err := b.core.StatObject(ctx, b.name, b.key(base), minio.StatObjectOptions{Checksum: true})
		if err != nil && statusOf(err) == http.StatusNotFound && codeOf(err) != "NoSuchBucket" {
			ok = false
			return nil
		}
		if err != nil {
			return err
		}
		o, ok = object{size: info.Size, etag: info.ETag, sha256: info.ChecksumSHA256}, true
		for key, value := range info.UserMetadata {
			if strings.EqualFold(key, metaPartSize) {
				o.partSize, _ = strconv.ParseInt(value, 10, 64)
			}
		}
		return nil
	})
	return o, ok, err
}

// seenWithin is how long an object that was put may take to be seen. Amazon's are
// seen at once.
const seenWithin = 5 * time.Second

// statSoon asks for an object that was put, by this push or by another.
func (b *Bucket) statSoon(ctx context.Context, base string) (object, error) {
	for began := time.Now(); ; {
		o, ok, err := b.stat(ctx, base)
		switch {
		case err != nil || ok:
			return o, err
		case time.Since(began) > seenWithin:
			return o, fmt.Errorf("look at %s: it was put there and is not there; somebody removes objects", b.url(base))
		}
		select {
		case <-ctx.Done():
			return o, ctx.Err()
		case <-time.After(firstPause):
		}
	}
}

// put creates an object in one request. created is false where there is one, and
// sent is 0 where that cannot be of this push: an answer can be lost.
func (b *Bucket) put(ctx context.Context, l *local) (created bool, sent int64, err error) {
	p := &l.digest.parts[0]
	err = b.tryChecked(ctx, "put "+b.url(l.base), func(ctx context.Context, beat func()) error {
		opts := b.putOptions(l)
		if !b.unchecked.Load() {
			opts.UserMetadata["X-Amz-Checksum-Sha256"] = p.shaBase64()
		}
		opts.SetMatchETagExcept("*")
		body := l.body(p, beat)
		_, err := b.core.PutObject(ctx, b.name, b.key(l.base), body, p.size, "", p.shaHex(), opts)
		if created = err == nil; created {
			sent = p.size
			return nil
		}
		body.takeBack()
		if isThere(err) {
			return nil
		}
		sent = p.size // or some of it
		return err
	})
	return created, sent, err
}

// isThere reports whether a server refused to replace an object.
func isThere(err error) bool {
	return statusOf(err) == http.StatusPreconditionFailed || codeOf(err) == "PreconditionFailed"
}

// putOptions returns what is told of a file with its object.
func (b *Bucket) putOptions(l *local) minio.PutObjectOptions {
	opts := minio.PutObjectOptions{
		ContentType:          "application/gzip",
		DisableContentSha256: true, // which means: not in pieces; the checksum of the whole is given
		UserMetadata: map[string]string{
			metaSHA256:   hex.EncodeToString(l.digest.sha[:]),
			metaPartSize: strconv.FormatInt(l.digest.partSize, 10),
		},
	}
	if strings.HasSuffix(l.base, ".idx") {
		opts.ContentType = "application/octet-stream"
	}
	return opts
}

// tryChecked is try for requests that carry checksums in headers. A server that
// does not know these is asked without from then on.
func (b *Bucket) tryChecked(ctx context.Context, what string, do func(ctx context.Context, beat func()) error) error {
	for {
		unchecked := b.unchecked.Load()
		err := b.try(ctx, what, do)
		if err == nil || unchecked || !refusesChecksum(err) {
			return err
		}
		b.unchecked.Store(true)
	}
}

// refusesChecksum reports whether a server may have failed a request for its
// headers.
func refusesChecksum(err error) bool {
	var answer *answerError
	if !errors.As(err, &answer) {
		return false
	}
	return answer.resp.StatusCode == http.StatusNotImplemented ||
		answer.resp.StatusCode == http.StatusBadRequest && strings.Contains(strings.ToLower(answer.resp.Code+answer.resp.Message), "checksum")
}

// read writes an object to w.
func (b *Bucket) read(ctx context.Context, base string, w io.Writer, beat func()) error {
	r, _, _, err := b.core.GetObject(ctx, b.name, b.key(base), minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer r.Close()
	buf := make([]byte, 256<<10)
	for {
		n, err := r.Read(buf)
		beat()
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// same reports whether an object has the bytes of a file. theirs is what the
// server has of it, in words.
func (b *Bucket) same(ctx context.Context, l *local, o object) (same bool, theirs string, err error) {
	theirs = fmt.Sprintf("%d bytes, %s", o.size, o.sum())
	if o.size != l.size {
		return false, theirs, nil
	}
	d := l.digest
	if size := o.partSize; size >= 1<<20 && size != d.partSize && o.size/size < maxParts {
		if d, err = digestOf(ctx, l.f, l.size, size); err != nil {
			return false, theirs, fmt.Errorf("read %s: %w", l.path, err)
		}
	}
	if same, known := o.compare(d); known {
		return same, theirs, nil
	}
	var read *digest
	err = b.try(ctx, "read back "+b.url(l.base), func(ctx context.Context, beat func()) error {
		g := newDigester(d.partSize)
		if err := b.read(ctx, l.base, g, beat); err != nil {
			return err
		}
		read = g.end()
		return nil
	})
	if err != nil {
		return false, theirs, err
	}
	theirs = fmt.Sprintf("%d bytes, SHA-256 %x", read.size, read.sha)
	return read.size == l.size && read.sha == l.digest.sha, theirs, nil
}

// compare compares by what the server tells. known is false where that does not
// decide it: an ETag need not be made of MD5, and parts may be others.
func (o *object) compare(d *digest) (same, known bool) {
	sum, count, inParts := strings.Cut(o.sha256, "-")
	switch {
	case sum != "" && !inParts:
		return o.sha256 == d.sha256(false), true
	case sum != "" && o.sha256 == d.sha256(true):
		return true, true
	case sum != "" && o.partSize == d.partSize && count == strconv.Itoa(len(d.parts)):
		return false, true
	}
	_, _, inParts = strings.Cut(o.etag, "-")
	if o.etag == d.etag(inParts) && (inParts || len(d.parts) == 1) {
		return true, true
	}
	return false, false
}

// sum returns the server's checksum in words.
func (o *object) sum() string {
	if sum, _, inParts := strings.Cut(o.sha256, "-"); sum != "" && !inParts {
		return "SHA-256 " + hexOf(sum)
	}
	if o.sha256 != "" {
		return "SHA-256 of parts " + o.sha256
	}
	return "ETag " + first(o.etag, "none")
}
