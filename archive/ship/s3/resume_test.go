package s3_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"actionlog/archive/internal/s3test"
	"actionlog/archive/ship/s3"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// raw returns a client beside the one that is tested.
func raw(t testing.TB, server *s3test.Server) *minio.Core {
	t.Helper()
	core, err := minio.NewCore(server.Addr, &minio.Options{
		Creds: credentials.NewStaticV4(s3test.AccessKey, s3test.SecretKey, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath,
		Transport: transport(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	return core
}

// unfinished returns the uploads that are not complete, by key.
func unfinished(t testing.TB, server *s3test.Server) map[string][]string {
	t.Helper()
	r, err := raw(t, server).ListMultipartUploads(t.Context(), "backups", "", "", "", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	list := map[string][]string{}
	for _, u := range r.Uploads {
		list[u.Key] = append(list[u.Key], u.UploadID)
	}
	return list
}

// cutShort pushes and breaks off once more than a part has been sent.
func cutShort(t testing.TB, server *s3test.Server, dir string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, _, err := push(t, ctx, dir, server.URL, func(o *s3.Options) {
		o.Parallel = 1
		o.OnProgress = func(done, _ int64) {
			if done > 6<<20 {
				cancel()
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("a push that is broken off returns %v", err)
	}
}

// TestResume holds that a push that was broken off in the middle of a file shows
// nothing of it, and that the next one sends only what was missing.
func TestResume(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	dir, base := newBigArchive(t)
	cutShort(t, server, dir)
	if _, err := os.Stat(server.Path("backups", "a/b/"+base)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half an object is visible: %v", err)
	}
	if got := unfinished(t, server); len(got["a/b/"+base]) != 1 {
		t.Errorf("unfinished are %v", got)
	}
	files := mustPush(t, dir, server.URL, nil)
	if f := files[0]; f.State != s3.Pushed || f.Sent == 0 || f.Sent == f.Size || (f.Size-f.Sent)%(5<<20) != 0 {
		t.Errorf("of %d bytes, %d were sent again: %s", f.Size, f.Sent, f.State)
	}
	equalObjects(t, server, dir)
	if got := unfinished(t, server); len(got) > 0 {
		t.Errorf("unfinished are %v", got)
	}
}

// TestWrongPart holds that a part whose bytes are others is sent again.
func TestWrongPart(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	dir, base := newBigArchive(t)
	core, key := raw(t, server), "a/b/"+base
	id, err := core.NewMultipartUpload(t.Context(), "backups", key, minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wrong := bytes.Repeat([]byte("x"), 5<<20)
	if _, err := core.PutObjectPart(t.Context(), "backups", key, id, 1, bytes.NewReader(wrong), int64(len(wrong)), minio.PutObjectPartOptions{}); err != nil {
		t.Fatal(err)
	}
	files := mustPush(t, dir, server.URL, nil)
	if f := files[0]; f.State != s3.Pushed || f.Sent != f.Size {
		t.Errorf("of %d bytes, %d were sent: %s", f.Size, f.Sent, f.State)
	}
	equalObjects(t, server, dir)
}

// TestAbandoned holds that old uploads of names that are an archive's are
// aborted, also of files that are no more here, and no others.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	server, dir := newServer(t), newArchive(t)
	core := raw(t, server)
	keys := []string{"a/b/actions-2025-01-01.jsonl.gz", "a/b/actions-x.jsonl.gz", "a/b/c/actions-2025-01-01.jsonl.gz", "actions-2025-01-01.jsonl.gz", "a/b/" + dayOne}
	for _, key := range keys {
		if _, err := core.NewMultipartUpload(t.Context(), "backups", key, minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	mustPush(t, dir, server.URL, nil)
	mustPush(t, dir, server.URL, func(o *s3.Options) { o.Abandoned = -1 })
	mustPush(t, dir, server.URL, func(o *s3.Options) { o.Abandoned, o.DryRun = time.Nanosecond, true })
	if got := unfinished(t, server); len(got) != len(keys) {
		t.Errorf("unfinished are %v", got)
	}
	files := mustPush(t, dir, server.URL, func(o *s3.Options) { o.Abandoned = time.Nanosecond })
	if got := states(files); strings.Count(got, "aborted") != 2 || !strings.Contains(got, "actions-2025-01-01.jsonl.gz: aborted") || !strings.Contains(got, dayOne+": aborted") {
		t.Error(got)
	}
	got := unfinished(t, server)
	for _, key := range keys {
		if _, left := got[key]; left == (key == keys[0] || key == keys[4]) {
			t.Errorf("of %v, %s is left: %t", got, key, left)
		}
	}
}

// TestForeignUpload holds that an upload of other stretches, as another tool
// makes it, is left alone and does not stand in the way.
func TestForeignUpload(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	dir, base := newBigArchive(t)
	core, key := raw(t, server), "a/b/"+base
	id, err := core.NewMultipartUpload(t.Context(), "backups", key, minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	other := make([]byte, 6<<20)
	if _, err := core.PutObjectPart(t.Context(), "backups", key, id, 1, bytes.NewReader(other), int64(len(other)), minio.PutObjectPartOptions{}); err != nil {
		t.Fatal(err)
	}
	files := mustPush(t, dir, server.URL, nil)
	if f := files[0]; f.State != s3.Pushed || f.Sent != f.Size {
		t.Errorf("%+v", f)
	}
	if got := unfinished(t, server); len(got[key]) != 1 || got[key][0] != id {
		t.Errorf("unfinished are %v", got)
	}
}
