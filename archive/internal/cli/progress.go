package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// progress shows on a terminal how far something is that takes longer than a
// second. It is safe for concurrent use.
type progress struct {
	w    io.Writer
	show bool
	now  func() time.Time

	mu    sync.Mutex
	began time.Time
	last  time.Time
	drawn bool
	done  bool
}

const (
	progressAfter = time.Second
	progressEvery = 100 * time.Millisecond
)

func newProgress(w io.Writer, show bool, now func() time.Time) *progress {
	return &progress{w: w, show: show, now: now}
}

// set tells how many bytes of how many are done. With none done, it begins anew.
func (p *progress) set(done, total int64) {
	p.draw(done == 0, func(took time.Duration) string { return progressLine(done, total, took) })
}

// count tells how many actions are done, where nobody knows of how many.
func (p *progress) count(done int64) {
	p.draw(done == 0, func(took time.Duration) string {
		return fmt.Sprintf("%d actions, %.0f a second", done, float64(done)/took.Seconds())
	})
}

func (p *progress) draw(begin bool, line func(took time.Duration) string) {
	if !p.show {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if begin || p.began.IsZero() {
		p.began = now
	}
	if p.done || now.Sub(p.began) < progressAfter || now.Sub(p.last) < progressEvery {
		return
	}
	p.last, p.drawn = now, true
	fmt.Fprintf(p.w, "\r\x1b[K%s", line(now.Sub(p.began)))
}

// clear takes the line off the terminal until the next set.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		io.WriteString(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

// stop takes the line off for good.
func (p *progress) stop() {
	p.clear()
	p.mu.Lock()
	p.done = true
	p.mu.Unlock()
}

// progressLine returns a bar, the share, the rate and the time left.
func progressLine(done, total int64, took time.Duration) string {
	const cells = 24
	share := 0.0
	if total > 0 {
		share = min(float64(done)/float64(total), 1)
	}
	filled := int(share * cells)
	rate := float64(done) / took.Seconds()
	left := "?"
	if rate > 0 && total >= done {
		left = time.Duration(float64(total-done) / rate * float64(time.Second)).Round(time.Second).String()
	}
	return fmt.Sprintf("[%s%s] %3.0f %%  %s of %s  %s/s  %s left",
		strings.Repeat("#", filled), strings.Repeat(".", cells-filled), 100*share,
		sizeText(done), sizeText(total), sizeText(int64(rate)), left)
}

// sizeText returns bytes for people.
func sizeText(n int64) string {
	size, unit := float64(n), "B"
	for _, next := range []string{"kB", "MB", "GB", "TB"} {
		if size < 1000 {
			break
		}
		size, unit = size/1000, next
	}
	if unit == "B" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", size, unit)
}
