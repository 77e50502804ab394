package clickhouse_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/clickhouse"
)

// TestTLS talks to a server behind TLS.
func TestTLS(t *testing.T) {
	t.Parallel()
	srv := single(t)
	database := newDatabase(t, srv)
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certified.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	var forwarding sync.WaitGroup
	forwarding.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			forwarding.Go(func() { forward(c, srv.addr()) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		forwarding.Wait()
	})
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	opts := quiet()
	opts.TLS = &tls.Config{RootCAs: roots}
	dsn := "clickhouse://" + l.Addr().String() + "/" + database
	s := open(t, dsn, opts)
	write(t, s, some(newProcess(), noon, 5))
	want(t, s, 5)
	wantError(t, dsn+"?secure=true", quiet(), "certificate")
	short := quiet()
	short.DialTimeout = 500 * time.Millisecond
	wantError(t, dsn, short, l.Addr().String())
}

func forward(c net.Conn, addr string) {
	defer c.Close()
	to, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer to.Close()
	go func() {
		io.Copy(to, c)
		to.Close()
	}()
	io.Copy(c, to)
}

// TestOldServer is answered by a server of a version that is too old.
func TestOldServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			hello := []byte{0}
			text := func(s string) { hello = append(append(hello, byte(len(s))), s...) }
			text("ClickHouse")
			hello = append(hello, 1, 1)
			hello = binary.AppendUvarint(hello, 54060)
			text("UTC")
			c.Read(make([]byte, 1000))
			c.Write(hello)
			c.Read(make([]byte, 1000))
			c.Write([]byte{4}) // to the ping
			c.Close()
		}
	}()
	wantError(t, "clickhouse://"+l.Addr().String()+"/x", quiet(), "the server is ClickHouse 1.1; allowed is 18.16 or newer")
}

// TestCancel ends questions with their context.
func TestCancel(t *testing.T) {
	t.Parallel()
	s, _, _ := openNew(t)
	write(t, s, some(newProcess(), noon, 5))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ask := range map[string]func() error{
		"write":  func() error { return s.Write(ctx, some(newProcess(), noon, 1)) },
		"clear":  func() error { return s.Clear(ctx) },
		"since":  func() error { _, err := s.Since(ctx); return err },
		"slow":   func() error { _, err := s.Slow(ctx, storage.Query{}); return err },
		"follow": func() error { _, _, err := s.Follow("").Next(ctx, make([]storage.Action, 1)); return err },
	} {
		if err := ask(); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
			t.Errorf("%s: %v, want that the context was cancelled", name, err)
		}
	}
	want(t, s, 5)
}

// TestSlow lists the slowest of each service and action, repeats apart.
func TestSlow(t *testing.T) {
	t.Parallel()
	s, _, _ := openNew(t)
	list := some(newProcess(), noon, 100)
	write(t, s, list)
	if err := s.Insert(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	got, err := s.Slow(t.Context(), storage.Query{Limit: storage.NoLimit})
	if err != nil || len(got) != 30 {
		t.Fatalf("%d actions, %v; want ten of each of three", len(got), err)
	}
	for i := range got {
		if want := list[99-i].ID; got[i].ID != want {
			t.Errorf("number %d is %s, want %s", i, got[i].ID, want)
		}
	}
	if got, err := s.Slow(t.Context(), storage.Query{Limit: 4}); err != nil || len(got) != 4 {
		t.Errorf("%d actions, %v; want 4", len(got), err)
	}
	if _, err := s.Slow(t.Context(), storage.Query{Status: "odd"}); err == nil {
		t.Error("a status that is none was not refused")
	}
}

// TestDSNParameters stand for options.
func TestDSNParameters(t *testing.T) {
	t.Parallel()
	srv := single(t)
	database := newDatabase(t, srv)
	s := open(t, srv.dsn(database)+"?table=mine&debug=true&max_threads=1", quiet())
	write(t, s, some(newProcess(), noon, 2))
	want(t, s, 2)
	if n := srv.one(t, "SELECT count() FROM "+database+".mine"); n != "2" {
		t.Errorf("the table of the DSN has %s rows, want 2", n)
	}
	if !strings.Contains(s.Server(), srv.addr()) {
		t.Errorf("the server is %s, want %s in it", s.Server(), srv.addr())
	}
	wantError(t, srv.dsn(database)+"?cluster=nowhere&no_keeper=true&table=spread", clickhouse.Options{House: -1}, "nowhere")
	wantError(t, srv.dsn(database)+"?cluster=pair&table=keeperless", clickhouse.Options{House: -1}, "Options.NoKeeper")
	wantError(t, srv.dsn(database)+"?no_keeper=perhaps", quiet(), "no_keeper is to be true or false")
}
