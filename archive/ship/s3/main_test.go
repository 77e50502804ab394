package s3_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/internal/s3test"
	"actionlog/archive/ship/s3"
	"actionlog/storage"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		removeBig()
		os.Exit(status)
	}))
}

// removeBig removes what big has made.
var removeBig = func() {}

// big is a folder of one sealed day of some 11 MiB, made once.
var big = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "actionlog-big"); err != nil {
		return "", err
	}
	removeBig = func() { os.RemoveAll(dir) }
	return dir, sealInto(context.Background(), dir, 1, actions(4, 3700, 4))
})

// today is the clock of all tests.
var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// actions returns n actions that pack badly: each has kilobytes of noise.
func actions(seed uint64, n, kilobytes int) []storage.Action {
	r := rand.New(rand.NewPCG(seed, 1))
	list := make([]storage.Action, n)
	noise := make([]byte, 192)
	for i := range list {
		a := storage.Action{
			Time: today.Add(time.Duration(i) * time.Millisecond), Service: "S", Action: fmt.Sprintf("a%d", i%7),
			Status: storage.Success, Duration: time.Duration(i), ID: storage.ID(fmt.Sprintf("%08x-%08d", seed, i)),
		}
		for k := range 4 * kilobytes {
			for j := 0; j < len(noise); j += 8 {
				binary.LittleEndian.PutUint64(noise[j:], r.Uint64())
			}
			a.Attrs = append(a.Attrs, storage.Attr{Key: fmt.Sprintf("k%02d", k), Value: base64.StdEncoding.EncodeToString(noise)})
		}
		list[i] = a
	}
	return list
}

// seal adds a sealed file of a day, counted back from today.
func seal(t testing.TB, dir string, daysAgo int, list []storage.Action) string {
	t.Helper()
	if err := sealInto(t.Context(), dir, daysAgo, list); err != nil {
		t.Fatal(err)
	}
	return nameOf(daysAgo)
}

func nameOf(daysAgo int) string {
	return "actions-" + today.AddDate(0, 0, -daysAgo).Format(time.DateOnly) + ".jsonl.gz"
}

func sealInto(ctx context.Context, dir string, daysAgo int, list []storage.Action) error {
	at := today.AddDate(0, 0, -daysAgo)
	w, err := archive.OpenWriter(dir, archive.Options{Now: func() time.Time { return at }, MaxAge: -1})
	if err != nil {
		return err
	}
	return errors.Join(w.Write(ctx, list), w.Rotate(ctx), w.Close())
}

// write adds to the day that is written to.
func write(t testing.TB, dir string, list []storage.Action) {
	t.Helper()
	w, err := archive.OpenWriter(dir, archive.Options{Now: func() time.Time { return today }, MaxAge: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(t.Context(), list), w.Close()); err != nil {
		t.Fatal(err)
	}
}

// newArchive returns a folder of a small day, one with an index, and today.
func newArchive(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	seal(t, dir, 3, actions(1, 20, 0))
	seal(t, dir, 2, actions(2, 200, 4))
	write(t, dir, actions(3, 5, 0))
	return dir
}

// newBigArchive returns a folder with the file of big and its index.
func newBigArchive(t testing.TB) (dir, base string) {
	t.Helper()
	from, err := big()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for _, name := range sealedIn(t, from) {
		if err := os.Link(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir, nameOf(1)
}

// open returns a bucket with the prefix a/b.
func open(t testing.TB, endpoint string, change func(*s3.Options)) *s3.Bucket {
	t.Helper()
	o := s3.Options{Endpoint: endpoint, Getenv: new(s3test.Server).Getenv, PartSize: 5 << 20}
	if change != nil {
		change(&o)
	}
	b, err := s3.Open("s3://backups/a/b", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// newServer returns a server with the bucket.
func newServer(t testing.TB, flags ...string) *s3test.Server {
	t.Helper()
	server := s3test.Start(t, flags...)
	server.MakeBucket(t, "backups")
	return server
}

// states returns what became of the files.
func states(files []s3.File) string {
	var text []string
	for _, f := range files {
		text = append(text, fmt.Sprintf("%s: %s", f.Name, f.State))
	}
	return strings.Join(text, "\n")
}

// push pushes and returns what became of the files.
func push(t testing.TB, ctx context.Context, dir, endpoint string, change func(*s3.Options)) ([]s3.File, s3.Sum, error) {
	t.Helper()
	var files []s3.File
	b := open(t, endpoint, func(o *s3.Options) {
		o.OnFile = func(f s3.File) { files = append(files, f) }
		if change != nil {
			change(o)
		}
	})
	sum, err := b.Push(ctx, dir)
	return files, sum, err
}

// mustPush is push without an error.
func mustPush(t testing.TB, dir, endpoint string, change func(*s3.Options)) []s3.File {
	t.Helper()
	files, _, err := push(t, t.Context(), dir, endpoint, change)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// equalObjects holds that the bucket has the sealed files of a folder and their
// indexes, byte for byte, and nothing else.
func equalObjects(t testing.TB, server *s3test.Server, dir string) {
	t.Helper()
	here, there := sealedIn(t, dir), sealedIn(t, server.Path("backups", "a/b"))
	if !slices.Equal(here, there) {
		t.Errorf("there are %v, and here %v", there, here)
	}
	for _, base := range here {
		equalFiles(t, filepath.Join(dir, base), server.Path("backups", "a/b/"+base))
	}
}

func sealedIn(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if n, ok := archive.ParseName(e.Name()); ok && (n.Kind == archive.Sealed || n.Kind == archive.Index) {
			names = append(names, e.Name())
		}
	}
	return names
}

func equalFiles(t testing.TB, x, y string) {
	t.Helper()
	a, errA := os.ReadFile(x)
	b, errB := os.ReadFile(y)
	if err := errors.Join(errA, errB); err != nil {
		t.Error(err)
	} else if !bytes.Equal(a, b) {
		t.Errorf("%s has %d bytes and is not %s with %d", x, len(a), y, len(b))
	}
}

// between starts a server that hands requests on unless answer deals with them,
// and changes what comes back.
func between(t testing.TB, upstream string, answer func(http.ResponseWriter, *http.Request) bool, change func(*http.Response) error) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handOn(t, upstream, answer, change))
	t.Cleanup(server.Close)
	return server
}

func handOn(t testing.TB, upstream string, answer func(http.ResponseWriter, *http.Request) bool, change func(*http.Response) error) http.Handler {
	t.Helper()
	to, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	proxy := &httputil.ReverseProxy{
		Transport:      transport,
		ModifyResponse: change,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
			r.Out.Host = r.In.Host // it is signed
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer == nil || !answer(w, r) {
			proxy.ServeHTTP(w, r)
		}
	})
}

// fail answers with an error as servers of S3 do.
func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>as the test wants it</Message></Error>", code)
}

// flip changes one byte in the middle of a file.
func flip(t testing.TB, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 0xff
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// short is a body that breaks off.
type short struct{ io.ReadCloser }

func (s *short) Read(b []byte) (int, error) {
	n, err := s.ReadCloser.Read(b[:min(len(b), 100)])
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
