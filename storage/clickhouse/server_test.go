package clickhouse_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/storage/clickhouse"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"go.uber.org/goleak"
)

// Users of the servers under test. The password has what a URL may not have.
const (
	writerName     = "writer"
	writerPassword = "p:a/s?s#w@rd-s3cret"
	readerName     = "reader"
)

func TestMain(m *testing.M) {
	code := m.Run()
	stopAll()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// server is a ClickHouse server on the loopback.
type server struct {
	dir, config string
	port        int
	stdin       interface{ Close() error } // what it lives as long as
	cmd         *exec.Cmd
	pid         int
}

// folder holds what the servers of this run of the tests write.
var folder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "actionlog-clickhouse-") })

var (
	startedMu sync.Mutex
	started   []*server
)

func stopAll() {
	startedMu.Lock()
	defer startedMu.Unlock()
	for _, s := range started {
		s.stop()
	}
	if dir, err := folder(); err == nil && len(started) > 0 {
		os.RemoveAll(dir)
	}
}

// serverProgram returns the server's program, or skips.
func serverProgram(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("clickhouse-server")
	if err == nil {
		return path
	}
	const how = "there is no clickhouse-server; storage/clickhouse/tools.sh FOLDER brings it"
	if os.Getenv("ACTIONLOG_FULL") == "1" {
		t.Fatal(how)
	}
	t.Skip(how)
	return ""
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// newServers starts n servers that know one another as the shards of the cluster
// pair.
func newServers(t testing.TB, n int) []*server {
	t.Helper()
	program := serverProgram(t)
	root, err := folder()
	if err != nil {
		t.Fatal(err)
	}
	list := make([]*server, n)
	var shards strings.Builder
	for i := range list {
		list[i] = &server{port: freePort(t)}
		fmt.Fprintf(&shards, "<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>%d</port><user>%s</user><password>%s</password></replica></shard>",
			list[i].port, writerName, writerPassword)
	}
	for _, s := range list {
		dir, err := os.MkdirTemp(root, "server-")
		if err != nil {
			t.Fatal(err)
		}
		s.dir, s.config = dir, filepath.Join(dir, "config.xml")
		for name, text := range map[string]string{
			"config.xml": fmt.Sprintf(`<yandex>
<logger><level>warning</level><log>%[1]s/server.log</log><errorlog>%[1]s/errors.log</errorlog></logger>
<listen_host>127.0.0.1</listen_host><tcp_port>%[2]d</tcp_port>
<path>%[1]s/data/</path><tmp_path>%[1]s/tmp/</tmp_path><format_schema_path>%[1]s/</format_schema_path>
<users_config>%[1]s/users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>268435456</mark_cache_size><uncompressed_cache_size>268435456</uncompressed_cache_size>
<remote_servers><pair>%[3]s</pair></remote_servers>
</yandex>`, dir, s.port, shards.String()),
			"users.xml": fmt.Sprintf(`<yandex>
<profiles><default><max_threads>2</max_threads></default><reads><readonly>1</readonly></reads></profiles>
<quotas><default/></quotas>
<users>
<default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
<%[1]s><password>%[2]s</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></%[1]s>
<%[3]s><password></password><networks><ip>127.0.0.1</ip></networks><profile>reads</profile><quota>default</quota></%[3]s>
</users>
</yandex>`, writerName, writerPassword, readerName),
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s.start(t, program)
	}
	startedMu.Lock()
	started = append(started, list...)
	startedMu.Unlock()
	return list
}

// start starts the server and waits for it. It ends with this process, however
// that ends: a shell kills it when its own standard input is closed.
func (s *server) start(t testing.TB, program string) {
	t.Helper()
	s.cmd = exec.Command("sh", "-c", `"$0" --config-file="$1" </dev/null >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null; wait`, program, s.config)
	s.cmd.Dir = s.dir
	stdin, err := s.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.stdin = stdin
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if s.pid, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", s.addr()); err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "errors.log"))
			t.Fatalf("the server did not start: %s", log)
		}
	}
}

// stop kills the server.
func (s *server) stop() {
	if s.cmd == nil {
		return
	}
	s.stdin.Close()
	s.cmd.Wait() // which says that it was killed
	s.cmd = nil
}

func (s *server) addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

func (s *server) dsn(database string) string {
	return fmt.Sprintf("clickhouse://%s/%s", s.addr(), database)
}

// run runs statements as any program would.
func (s *server) run(t testing.TB, statements ...string) {
	t.Helper()
	conn := s.connect(t)
	defer conn.Close()
	for _, statement := range statements {
		if err := conn.Exec(context.Background(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// one returns the only value that a query gives, as text.
func (s *server) one(t testing.TB, query string) (value string) {
	t.Helper()
	conn := s.connect(t)
	defer conn.Close()
	if err := conn.QueryRow(context.Background(), "SELECT toString(("+query+"))").Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func (s *server) connect(t testing.TB) driver.Conn {
	t.Helper()
	conn, err := driver.Open(&driver.Options{Addr: []string{s.addr()}, DialTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// alone is the server that most tests share, each with a database of its own.
var alone struct {
	once sync.Once
	*server
}

func single(t testing.TB) *server {
	t.Helper()
	serverProgram(t)
	alone.once.Do(func() { alone.server = newServers(t, 1)[0] })
	if alone.server == nil {
		t.Fatal("the server did not start for another test")
	}
	return alone.server
}

var databases atomic.Int64

// newDatabase makes an empty database on servers.
func newDatabase(t testing.TB, servers ...*server) string {
	t.Helper()
	name := fmt.Sprintf("db%d", databases.Add(1))
	for _, s := range servers {
		s.run(t, "CREATE DATABASE "+name)
	}
	t.Cleanup(func() {
		for _, s := range servers {
			if s.cmd != nil {
				s.run(t, "DROP DATABASE "+name)
			}
		}
	})
	return name
}

// quiet are options of a store that keeps everything, fills nothing in, and rolls
// nothing up by itself.
func quiet() clickhouse.Options {
	return clickhouse.Options{MaxAge: -1, Instance: clickhouse.NoInstance, House: -1, Poll: 10 * time.Millisecond}
}

// open opens a store that is closed with the test.
func open(t testing.TB, dsn string, opts clickhouse.Options) *clickhouse.Store {
	t.Helper()
	s, err := clickhouse.Open(context.Background(), dsn, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// openNew opens a store in a new database of the shared server.
func openNew(t testing.TB) (*clickhouse.Store, *server, string) {
	t.Helper()
	srv := single(t)
	database := newDatabase(t, srv)
	return open(t, srv.dsn(database), quiet()), srv, database
}
