package cli

import (
	"bufio"
	"compress/flate"
	"container/heap"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"actionlog/storage"
)

// sorter puts any number of actions into the order of a query. What is more
// than it keeps in memory is in a temporary file without a name, in sorted runs.
type sorter struct {
	m     *storage.Matcher
	most  int // bytes of a run
	kept  []storage.Action
	size  int
	file  *os.File
	runs  []run
	w     *flate.Writer
	bytes int64 // in file
}

// run is where a sorted run is in the file, and how many actions it holds.
type run struct {
	off, size int64
	n         int
}

const (
	mostOfRun  = 16 << 20
	sizeAction = 400 // of an action in memory, besides what its texts take
)

func newSorter(m *storage.Matcher, most int) *sorter { return &sorter{m: m, most: most} }

// add takes an action, unless the query's cursor is beyond it.
func (s *sorter) add(a *storage.Action) error {
	if !s.m.Match(a) {
		return nil
	}
	s.kept = append(s.kept, *a)
	s.size += sizeAction + textOf(a)
	if s.size < s.most {
		return nil
	}
	if err := s.spill(); err != nil {
		return fmt.Errorf("sort actions in a temporary file: %w", err)
	}
	return nil
}

func (s *sorter) sort() {
	slices.SortFunc(s.kept, func(x, y storage.Action) int { return s.m.Compare(&x, &y) })
}

// spill writes what is kept as a run.
func (s *sorter) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp("", "actionlog-*.tmp")
		if err != nil {
			return err
		}
		s.file = f
		os.Remove(f.Name()) // where that is not possible yet, close does
	}
	s.sort()
	counted := &counter{w: s.file}
	if s.w == nil {
		s.w, _ = flate.NewWriter(counted, flate.BestSpeed) // the level is a valid one
	} else {
		s.w.Reset(counted)
	}
	w := bufio.NewWriter(s.w)
	var line []byte
	for i := range s.kept {
		line = append(s.kept[i].AppendJSON(line[:0]), '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := s.w.Close(); err != nil {
		return err
	}
	s.runs = append(s.runs, run{s.bytes, counted.n, len(s.kept)})
	s.bytes += counted.n
	clear(s.kept)
	s.kept, s.size = s.kept[:0], 0
	return nil
}

// all ranges over what was added, in order. An error is the last.
func (s *sorter) all() iter.Seq2[*storage.Action, error] {
	return func(yield func(*storage.Action, error) bool) {
		s.sort()
		heads := heads{m: s.m, list: []*head{{kept: s.kept}}}
		for _, r := range s.runs {
			zr := flate.NewReader(io.NewSectionReader(s.file, r.off, r.size))
			heads.list = append(heads.list, &head{left: r.n, r: bufio.NewReaderSize(zr, 8<<10)})
		}
		for i := 0; i < len(heads.list); {
			more, err := heads.list[i].next()
			if err != nil {
				yield(nil, err)
				return
			}
			if i++; !more {
				i--
				heads.list = slices.Delete(heads.list, i, i+1)
			}
		}
		heap.Init(&heads)
		for len(heads.list) > 0 {
			first := heads.list[0]
			if !yield(&first.a, nil) {
				return
			}
			more, err := first.next()
			if err != nil {
				yield(nil, err)
				return
			}
			if more {
				heap.Fix(&heads, 0)
			} else {
				heap.Pop(&heads)
			}
		}
	}
}

// close gives the temporary file back.
func (s *sorter) close() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}

// head is the first of a run that is not given out yet.
type head struct {
	a    storage.Action
	kept []storage.Action // of the run in memory
	r    *bufio.Reader    // of one in the file
	left int
	line []byte
}

// next reports whether there is another, which is then in a.
func (h *head) next() (bool, error) {
	if h.r == nil {
		if len(h.kept) == 0 {
			return false, nil
		}
		h.a, h.kept = h.kept[0], h.kept[1:]
		return true, nil
	}
	if h.left == 0 {
		return false, nil
	}
	h.left--
	h.line = h.line[:0]
	for {
		part, err := h.r.ReadSlice('\n')
		h.line = append(h.line, part...)
		if err == nil {
			break
		}
		if err != bufio.ErrBufferFull {
			return false, fmt.Errorf("read sorted actions from a temporary file: %w", err)
		}
	}
	h.a = storage.Action{}
	return true, storage.DecodeJSON(h.line, &h.a)
}

// heads is a heap of runs by their first.
type heads struct {
	m    *storage.Matcher
	list []*head
}

func (h *heads) Len() int           { return len(h.list) }
func (h *heads) Less(i, j int) bool { return h.m.Compare(&h.list[i].a, &h.list[j].a) < 0 }
func (h *heads) Swap(i, j int)      { h.list[i], h.list[j] = h.list[j], h.list[i] }
func (h *heads) Push(x any)         { h.list = append(h.list, x.(*head)) }

// Pop takes the last off.
func (h *heads) Pop() any {
	last := h.list[len(h.list)-1]
	h.list = h.list[:len(h.list)-1]
	return last
}

// counter counts what is written through it.
type counter struct {
	w io.Writer
	n int64
}

// Write writes and counts.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
