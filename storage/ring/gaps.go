package ring

import (
	"slices"
	"sync"
)

// gaps are the numbers that were handed out and given up again, because their
// slot was busy. They are few. Of those that lie a whole ring back, all but
// the last some thousand are kept as a count only.
type gaps struct {
	mu      sync.Mutex
	numbers []uint64 // sorted
	before  uint64   // how many gaps lie before those in numbers
	known   uint64   // gaps of at least this number are in numbers
}

const (
	// mostGaps bounds numbers; beyond it the older half becomes a count.
	mostGaps = 1 << 16

	// keptGaps is how many gaps stay in numbers that lie a whole ring back: a
	// cursor may resume there, and a gap is nothing that it missed.
	keptGaps = 4096
)

func (g *gaps) note(n uint64) {
	g.mu.Lock()
	i, _ := slices.BinarySearch(g.numbers, n)
	g.numbers = slices.Insert(g.numbers, i, n)
	if half := len(g.numbers) / 2; half > mostGaps/2 {
		g.known = max(g.known, g.numbers[half])
		g.drop(half)
	}
	g.mu.Unlock()
}

// is reports whether n is a gap.
func (g *gaps) is(n uint64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, found := slices.BinarySearch(g.numbers, n)
	return found
}

// below returns how many gaps have numbers less than n. It reports false if n
// lies so far back that this is not known any more.
func (g *gaps) below(n uint64) (uint64, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	i, _ := slices.BinarySearch(g.numbers, n)
	return g.before + uint64(i), n >= g.known
}

// forget makes a count of the gaps below n, but for the last keptGaps of them.
func (g *gaps) forget(n uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.numbers) <= keptGaps {
		return
	}
	i, _ := slices.BinarySearch(g.numbers, n)
	if i -= keptGaps; i > 0 {
		g.known = max(g.known, g.numbers[i])
		g.drop(i)
	}
}

func (g *gaps) drop(i int) {
	g.before += uint64(i)
	g.numbers = slices.Delete(g.numbers, 0, i)
}
