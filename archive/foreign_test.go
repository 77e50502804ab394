package archive_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"actionlog/archive"
	"actionlog/storage"
)

// foreignMembers packs a text into members of another program, each of size
// bytes of it, wherever its lines end, and tells where each begins.
func foreignMembers(t testing.TB, text string, size int) (gz string, starts []int) {
	t.Helper()
	var b strings.Builder
	for len(text) > 0 {
		n := min(size, len(text))
		starts = append(starts, b.Len())
		b.Write(foreign(t, text[:n]))
		text = text[n:]
	}
	return b.String(), starts
}

// readBoth reads a file by Actions and by Search, which must see the same.
func readBoth(t testing.TB, base, content string) (got []storage.Action, problems []error) {
	t.Helper()
	dir := t.TempDir()
	put(t, filepath.Join(dir, base), content)
	got, problems = readAll(t, dir, storage.Query{})
	a, err := archive.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var told []error
	a.OnProblem = func(err error) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, err)
	}
	page, err := a.Search(t.Context(), storage.Query{Sort: storage.OldestFirst, Limit: storage.NoLimit})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ids(page.Actions), ids(got)) || len(told) != len(problems) {
		t.Fatalf("Actions read %d with the problems %v; Search %d with %v", len(got), problems, len(page.Actions), told)
	}
	return got, problems
}

const foreignBase = "actions-2026-11-22.jsonl.gz"

// TestForeignMemberDamaged damages one member of many: its lines, and what a
// line has in its neighbours, are lost, and nothing else; and it is told where.
func TestForeignMemberDamaged(t *testing.T) {
	t.Parallel()
	all := newMaker(day0).next(10_000)
	text := lines(all)
	const size = 400_000
	gz, starts := foreignMembers(t, text, size)
	second, third := starts[1], starts[2]
	// Lines that have a byte in the second member.
	before := strings.Count(text[:size], "\n")
	lost := strings.Count(text[size:2*size], "\n") + 1
	for _, c := range []struct {
		name    string
		content string
		lost    int
	}{
		{"data", flip(gz, second+5000), lost},
		{"near-its-end", flip(gz, third-30), lost},
		{"checksum", flip(gz, third-7), lost},
		{"length", flip(gz, third-2), lost},
		{"magic", flip(gz, second), lost},
		{"method", flip(gz, second+2), lost},
		{"zeros", gz[:second+100] + strings.Repeat("\x00", 1000) + gz[second+1100:], lost},
		{"gone", gz[:second] + strings.Repeat("\xff", third-second) + gz[third:], lost},
		{"cut-out", gz[:second+1000] + gz[third-1000:], lost},
		{"inserted", gz[:second] + "something else\x1f\x8b\x08\x00" + gz[second:], 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, problems := readBoth(t, foreignBase, c.content)
			want := append(slices.Clone(all[:before]), all[before+c.lost:]...)
			if !slices.Equal(ids(got), ids(want)) {
				t.Errorf("read %d actions; want %d", len(got), len(want))
			}
			var corrupt *archive.CorruptError
			if len(problems) == 0 || !errors.As(problems[0], &corrupt) || corrupt.Offset != int64(second) || corrupt.Line != before+1 {
				t.Fatalf("the problems are %v; want one of byte %d, line %d", problems, second, before+1)
			}
			var syntax *archive.SyntaxError // the rest of a line
			if len(problems) != 2 || !errors.As(problems[1], &syntax) {
				t.Errorf("the problems are %v", problems)
			}
		})
	}
}

// TestForeignNothingWrong damages files anywhere: what is read was written.
func TestForeignNothingWrong(t *testing.T) {
	t.Parallel()
	all := newMaker(day0).next(1500)
	text := lines(all)
	multi, _ := foreignMembers(t, text, 50_000)
	mixed := string(packed(t, lines(all[:500]))) + string(foreign(t, lines(all[500:1000]))) + string(packed(t, lines(all[1000:])))
	written := map[string]bool{}
	for i := range all {
		written[string(all[i].AppendJSON(nil))] = true
	}
	rnd := rand.New(rand.NewPCG(1, 9))
	for _, gz := range []string{multi, mixed, string(foreign(t, text))} {
		for range 20 {
			bad := gz
			for range 1 + rnd.IntN(2) {
				bad = flip(bad, rnd.IntN(len(bad)))
			}
			got, _ := readBoth(t, foreignBase, bad)
			for i := range got {
				if !written[string(got[i].AppendJSON(nil))] {
					t.Fatalf("read %s, which was never written", got[i].AppendJSON(nil))
				}
			}
			var fromReader []storage.Action
			for a, err := range archive.OpenReader(strings.NewReader(bad), "input").Actions(t.Context(), storage.Query{}) {
				if err == nil {
					fromReader = append(fromReader, a)
				}
			}
			for i := range fromReader {
				if !written[string(fromReader[i].AppendJSON(nil))] {
					t.Fatalf("read %s from a reader, which was never written", fromReader[i].AppendJSON(nil))
				}
			}
		}
	}
}

// TestHeaderDamagedThenData has a member of ours whose header is damaged where
// gzip does not mind it, and further damage behind: each costs its own member at
// most.
func TestHeaderDamagedThenData(t *testing.T) {
	t.Parallel()
	all := newMaker(day0).next(20_000)
	gz := packed(t, lines(all))
	members, err := archive.Members(gz)
	if err != nil || len(members) < 5 {
		t.Fatalf("%d members, %v", len(members), err)
	}
	second := len(packed(t, string(members[0].Text)))
	third := second + len(packed(t, string(members[1].Text)))

	bad := flip(flip(flip(string(gz), second+17), third+30), third+5000)
	got, problems := readBoth(t, foreignBase, bad)
	if want := len(all) - members[2].Lines; len(got) != want {
		t.Errorf("read %d actions, want %d", len(got), want)
	}
	wantProblems(t, problems, []string{fmt.Sprintf("%s, byte %d (line %d)", foreignBase, third, members[0].Lines+members[1].Lines+1)})

}

// long returns a text of more than what is held until its checksum is known.
func long(m *maker, n int) (all []storage.Action, text string) {
	for len(text) < n {
		more := m.next(10_000)
		all, text = append(all, more...), text+lines(more)
	}
	return all, text
}

// TestForeignLong cuts off or damages a member that is too long to be held: what
// came before is read, and so is the member behind.
func TestForeignLong(t *testing.T) {
	t.Parallel()
	m := newMaker(day0)
	all, text := long(m, 20<<20)
	gz := string(foreign(t, text))
	behind := m.next(1000)
	for name, bad := range map[string]string{
		"cut-off":  gz[:len(gz)-20],
		"data":     gz[:len(gz)-5000] + strings.Repeat("\xff", 200) + gz[len(gz)-4800:],
		"checksum": flip(gz, len(gz)-7),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, problems := readBoth(t, foreignBase, bad+string(foreign(t, lines(behind))))
			var corrupt *archive.CorruptError
			if len(problems) != 1 || !errors.As(problems[0], &corrupt) || corrupt.Offset != 0 || corrupt.Line != len(got)-len(behind)+1 {
				t.Errorf("after %d actions, the problems are %v", len(got), problems)
			}
			if len(got) < len(all)-15_000+len(behind) || !slices.Equal(ids(got[len(got)-len(behind):]), ids(behind)) {
				t.Errorf("read %d actions of %d and %d", len(got), len(all), len(behind))
			}
		})
	}
	t.Run("behind-damage", func(t *testing.T) {
		t.Parallel()
		got, problems := readBoth(t, foreignBase, flip(string(foreign(t, lines(behind))), 300)+gz)
		if len(problems) != 1 || !slices.Equal(ids(got), ids(all)) {
			t.Errorf("read %d actions of %d, with the problems %v", len(got), len(all), problems)
		}
	})
}

// TestForeignReadFails checks that a reader that fails is not taken for damage.
func TestForeignReadFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	gz := foreign(t, lines(newMaker(day0).next(5000)))
	for _, n := range []int{5, 1000, len(gz) - 3} {
		a := archive.OpenReader(io.MultiReader(bytes.NewReader(gz[:n]), iotest.ErrReader(broken)), "input")
		if _, err := a.Search(context.Background(), storage.Query{}); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: got the error %v", n, err)
		}
	}
}

// TestForeignCutOff cuts a file of another program's gzip anywhere: the whole
// lines that zcat gives are read, and the cut is told of.
func TestForeignCutOff(t *testing.T) {
	t.Parallel()
	all := newMaker(day0).next(3000)
	gz := foreign(t, lines(all))
	for _, left := range []int{len(gz) - 1, len(gz) - 8, len(gz) - 9, len(gz) / 2, len(gz) / 10} {
		zr, err := gzip.NewReader(bytes.NewReader(gz[:left]))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(zr)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("compress/gzip ends with %v", err)
		}
		want := bytes.Count(text, []byte("\n"))
		got, problems := readBoth(t, foreignBase, string(gz[:left]))
		var corrupt *archive.CorruptError
		if len(problems) != 1 || !errors.As(problems[0], &corrupt) || corrupt.Offset != 0 {
			t.Errorf("of %d bytes, the problems are %v", left, problems)
		}
		// compress/gzip gives out less of the end than could be unpacked.
		if len(got) < want || len(got) > want+500 || !slices.Equal(ids(got), ids(all[:len(got)])) {
			t.Errorf("of %d bytes, %d actions were read; want %d", left, len(got), want)
		}
	}
}
