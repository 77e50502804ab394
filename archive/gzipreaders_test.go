package archive_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/archive/internal/dataset"
	"actionlog/storage"
)

// toolsVar names the folder where archive/internal/dataset/tools.sh has put what
// Debian does not have.
const toolsVar = "ACTIONLOG_TOOLS"

// gzipReader is a program that reads gzip. Its output is the text of the file.
type gzipReader struct {
	name    string
	needs   string   // the program that has to be there
	brings  string   // how to get it
	command []string // FILE stands for the path
}

const (
	pythonReader = `import gzip, shutil, sys
with gzip.open(sys.argv[1]) as f:
    shutil.copyfileobj(f, sys.stdout.buffer)`

	nodeReader = `const fs = require('fs'), zlib = require('zlib');
fs.createReadStream(process.argv[1]).pipe(zlib.createGunzip()).pipe(process.stdout);`

	javaReader = `import java.io.FileInputStream;
import java.util.zip.GZIPInputStream;

class Gunzip {
	public static void main(String[] args) throws Exception {
		try (var in = new GZIPInputStream(new FileInputStream(args[0]))) {
			in.transferTo(System.out);
		}
		System.out.flush();
	}
}
`

	// A line is read as one column, so that what DuckDB read can be compared
	// byte by byte.
	duckReader = `const {DuckDBInstance} = require('@duckdb/node-api');
(async () => {
	const db = await (await DuckDBInstance.create(':memory:')).connect();
	const rows = await db.runAndReadAll("SELECT json FROM read_json_objects('" + process.argv[1] + "', format = 'newline_delimited')");
	process.stdout.write(rows.getRows().map(row => row[0] + '\n').join(''));
})().catch(err => { console.error(err); process.exit(1); });`
)

var gzipReaders = []gzipReader{
	{"gzip-test", "gzip", "apt-get install gzip", []string{"sh", "-c", `gzip -t "$1" && exec gzip -dc "$1"`, "-", "FILE"}},
	{"zcat", "zcat", "apt-get install gzip", []string{"zcat", "FILE"}},
	{"pigz", "pigz", "apt-get install pigz", []string{"pigz", "-dc", "FILE"}},
	{"busybox", "busybox", "apt-get install busybox", []string{"busybox", "zcat", "FILE"}},
	{"python", "python3", "apt-get install python3", []string{"python3", "-c", pythonReader, "FILE"}},
	{"node", "node", "apt-get install nodejs", []string{"node", "-e", nodeReader, "FILE"}},
	{"duckdb", "node", "apt-get install nodejs npm", []string{"node", "-e", duckReader, "FILE"}},
	{"lnav", "lnav", "apt-get install lnav", []string{"lnav", "-n", "FILE"}},
	{"ripgrep", "rg", "apt-get install ripgrep", []string{"rg", "-z", "-N", "-I", "", "FILE"}},
	{"ugrep", "ugrep", "apt-get install ugrep", []string{"ugrep", "-z", "-h", "", "FILE"}},
	{"perl", "perl", "apt-get install perl", []string{"perl", "-MIO::Uncompress::Gunzip=gunzip", "-e", `gunzip $ARGV[0] => "-", MultiStream => 1 or die`, "FILE"}},
	{"java", "javac", "apt-get install default-jdk-headless", []string{"java", "Gunzip.java", "FILE"}},
}

// TestGzipReaders has each reader of gzip read sealed files whole, with their
// indexes beside them: as they were sealed, and after the indexes were made
// anew.
func TestGzipReaders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var text []byte
	w := openWriter(t, dir, archive.Options{Now: newClock(day0).now, MaxAge: -1})
	for action := range dataset.All(dataset.Options{Count: 15_000}) { // 5 MB
		write(t, w, []storage.Action{action})
		text = append(action.AppendJSON(text), '\n')
	}
	rotate(t, w)
	closeWriter(t, w)
	path := filepath.Join(dir, "actions-2026-11-22.jsonl.gz")
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	members, err := archive.Members(sealed)
	if err != nil || len(members) < 4 {
		t.Fatalf("the file has %d members, %v; want several", len(members), err)
	}

	anew := filepath.Join(t.TempDir(), filepath.Base(path))
	put(t, anew, string(sealed))
	put(t, anew+".idx", "no index")
	if err := open(t, filepath.Dir(anew)).Reindex(t.Context(), true, nil); err != nil {
		t.Fatal(err)
	}
	t.Run("perl-by-default", func(t *testing.T) { // which the README warns of
		t.Parallel()
		perl := gzipReader{"perl", "perl", "apt-get install perl", []string{"perl", "-MIO::Uncompress::Gunzip=gunzip", "-e", `gunzip $ARGV[0] => "-" or die`, "FILE"}}
		perl.check(t, path, members[0].Text)
	})
	files := map[string]string{"sealed": path, "reindexed": anew}
	for _, path := range files {
		if !exists(t, path+".idx") {
			t.Fatalf("%s has no index beside it", path)
		}
	}
	for name, path := range files {
		t.Run(name, func(t *testing.T) {
			t.Run("go", func(t *testing.T) {
				t.Parallel()
				wantWhole(t, text, func(out io.Writer) error {
					f, err := os.Open(path)
					if err != nil {
						return err
					}
					defer f.Close()
					zr, err := gzip.NewReader(f)
					if err != nil {
						return err
					}
					_, err = io.Copy(out, zr)
					return err
				})
			})
			for _, reader := range gzipReaders {
				t.Run(reader.name, func(t *testing.T) {
					t.Parallel()
					reader.check(t, path, text)
				})
			}
		})
	}
}

func (r *gzipReader) check(t *testing.T, path string, text []byte) {
	t.Helper()
	if _, err := exec.LookPath(r.needs); err != nil {
		skip(t, fmt.Sprintf("%s is not installed; %s brings it", r.needs, r.brings))
	}
	modules := filepath.Join(os.Getenv(toolsVar), "node_modules")
	if r.name == "duckdb" && !exists(t, filepath.Join(modules, "@duckdb", "node-api")) {
		skip(t, "DuckDB is not installed; archive/internal/dataset/tools.sh FOLDER brings it, and "+toolsVar+"=FOLDER names it")
	}
	work := t.TempDir()
	put(t, filepath.Join(work, "Gunzip.java"), javaReader)
	args := strings.Split(strings.ReplaceAll(strings.Join(r.command, "\x00"), "FILE", path), "\x00")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	wantWhole(t, text, func(out io.Writer) error {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		var warnings bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr = work, out, &warnings
		cmd.Env = append(os.Environ(), "NODE_PATH="+modules, "HOME="+work, "JAVA_TOOL_OPTIONS=")
		err := cmd.Run()
		if err != nil || r.name == "gzip-test" && warnings.Len() > 0 {
			return fmt.Errorf("%w: %s", err, &warnings)
		}
		return nil
	})
}

// wantWhole compares the number of lines and the sum of what is written.
func wantWhole(t *testing.T, text []byte, read func(io.Writer) error) {
	t.Helper()
	got := &counter{sum: sha256.New()}
	if err := read(got); err != nil {
		t.Fatal(err)
	}
	if want := bytes.Count(text, []byte("\n")); got.lines != want {
		t.Errorf("%d lines were read; want %d", got.lines, want)
	}
	if want := sha256.Sum256(text); !bytes.Equal(got.sum.Sum(nil), want[:]) {
		t.Error("another text was read")
	}
}

// counter counts the lines of what it is given, and sums it.
type counter struct {
	lines int
	sum   hash.Hash
}

func (c *counter) Write(b []byte) (int, error) {
	c.lines += bytes.Count(b, []byte("\n"))
	return c.sum.Write(b)
}
