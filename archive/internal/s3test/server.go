package s3test

import (
	"os"
	"path/filepath"
	"testing"
)

// The credentials of every server, made up for it.
const (
	AccessKey = "actionlog-tests"
	SecretKey = "made-up-for-tests-only"
)

// Server is a server of S3 over a folder: an object is a file.
type Server struct {
	URL    string
	Addr   string // host and port
	Folder string // in which each folder is a bucket
}

// Start starts a server. flags go to its backend.
func Start(t testing.TB, flags ...string) *Server {
	t.Helper()
	path := tool(t, "versitygw")
	s := &Server{Folder: t.TempDir()}
	meta := t.TempDir() // extended attributes are not had everywhere
	s.Addr = start(t, path, func(addr string) []string {
		args := []string{"--port", addr, "--access", AccessKey, "--secret", SecretKey, "--quiet", "posix", "--sidecar", meta}
		return append(append(args, flags...), s.Folder)
	})
	s.URL = "http://" + s.Addr
	return s
}

// Getenv is the environment of who may use the server, and nothing else.
func (s *Server) Getenv(name string) string {
	switch name {
	case "AWS_ACCESS_KEY_ID":
		return AccessKey
	case "AWS_SECRET_ACCESS_KEY":
		return SecretKey
	}
	return ""
}

// MakeBucket makes a bucket.
func (s *Server) MakeBucket(t testing.TB, name string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(s.Folder, name), 0o755); err != nil {
		t.Fatal(err)
	}
}

// Path returns the file that an object is.
func (s *Server) Path(bucket, key string) string { return filepath.Join(s.Folder, bucket, key) }
