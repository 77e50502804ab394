package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"actionlog/archive/ship"
)

const (
	reportEvery = 30 * time.Second // a line of how it goes, where there is no terminal
	tellAgain   = time.Minute      // what goes on not to work is told again
	mostTold    = 20               // records and places that are told one by one, in so much time
	rateOver    = 10 * time.Second // what a rate is of
)

// shipReport tells people how a delivery goes: a line that is drawn again and
// again on a terminal, and lines of a log elsewhere.
type shipReport struct {
	x     *shipment
	place string

	shipper *ship.Shipper
	stop    chan struct{}
	ticking sync.WaitGroup

	mu       sync.Mutex
	first    ship.Status // when it began
	began    time.Time
	rates    []point
	told     ship.Status // in the last line of a log
	toldAt   time.Time
	ailing   string    // what does not work
	since    time.Time // since when
	againAt  time.Time // when that is told again
	details  int       // records and places told one by one since detailAt
	detailAt time.Time
}

// point is how much was delivered at a moment.
type point struct {
	at time.Time
	n  int64
}

func newShipReport(x *shipment, place string) *shipReport {
	return &shipReport{x: x, place: place, stop: make(chan struct{})}
}

// begin says where the delivery begins, and goes on to tell how it fares.
func (r *shipReport) begin(shipper *ship.Shipper) {
	st := shipper.Status()
	now := time.Now()
	r.shipper, r.first, r.began, r.told, r.toldAt, r.detailAt = shipper, st, now, st, now, now
	r.rates = []point{{now, st.Delivered}}
	from := "from the beginning of the archive"
	switch {
	case st.Position != "":
		from = "on from " + st.Position
	case !r.x.opts.From.IsZero():
		from = "what ended at " + r.x.opts.From.UTC().Format(time.RFC3339) + " or later"
	}
	r.log("delivers to %s, %s", r.place, from)
	r.ticking.Go(r.tick)
}

// end says how it went.
func (r *shipReport) end() {
	close(r.stop)
	r.ticking.Wait()
	r.x.s.progress.clear()
	st := r.shipper.Status()
	text := fmt.Sprintf("%d delivered", st.Delivered-r.first.Delivered)
	for _, c := range []struct {
		n    int64
		what string
	}{
		{st.Refused - r.first.Refused, "refused, which " + r.refusedPath() + " has"},
		{st.Missed - r.first.Missed, "removed before they were delivered"},
		{st.Damaged - r.first.Damaged, "damaged and passed over"},
	} {
		if c.n > 0 {
			text += fmt.Sprintf(", %d %s", c.n, c.what)
		}
	}
	if st.Lag > 0 {
		text += fmt.Sprintf(", %d left", st.Lag)
	}
	r.log("%s", text)
}

func (r *shipReport) refusedPath() string {
	if r.x.opts.Refused != "" {
		return r.x.opts.Refused
	}
	return ".ship-" + r.x.opts.Name + ".refused beside the checkpoint"
}

// troubled reports whether something was not delivered and never will be.
func (r *shipReport) troubled() bool {
	st := r.shipper.Status()
	return st.Refused > r.first.Refused || st.Missed > r.first.Missed || st.Damaged > r.first.Damaged
}

// log writes a line with the time, as a log has it, but on a terminal without.
func (r *shipReport) log(format string, args ...any) {
	text := r.x.opts.Name + ": " + fmt.Sprintf(format, args...)
	if !r.x.s.progress.show {
		text = r.x.s.env.Now().UTC().Format(time.RFC3339) + " " + text
	}
	r.x.s.note("%s", text)
}

// tick shows how it goes until end.
func (r *shipReport) tick() {
	every := time.NewTicker(progressEvery)
	defer every.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-every.C:
		}
		st, now := r.shipper.Status(), time.Now()
		r.mu.Lock()
		rate := r.rate(point{now, st.Delivered})
		line := shipLine(st, st.Delivered-r.first.Delivered, rate, r.x.once)
		due := now.Sub(r.toldAt) >= reportEvery && (st.Delivered != r.told.Delivered || st.Lag != r.told.Lag)
		if due && !r.x.s.progress.show {
			r.told, r.toldAt = st, now
			r.log("%s", line)
		}
		r.mu.Unlock()
		r.x.s.progress.draw(false, func(time.Duration) string { return line })
	}
}

// rate returns how many actions a second were delivered lately.
func (r *shipReport) rate(p point) float64 {
	for len(r.rates) > 1 && p.at.Sub(r.rates[1].at) >= rateOver {
		r.rates = r.rates[1:]
	}
	first := r.rates[0]
	r.rates = append(r.rates, p)
	if took := p.at.Sub(first.at).Seconds(); took > 0 {
		return float64(p.n-first.n) / took
	}
	return 0
}

// shipLine tells how a delivery fares.
func shipLine(st ship.Status, done int64, rate float64, once bool) string {
	var b strings.Builder
	if total := done + st.Lag; once && total > 0 {
		fmt.Fprintf(&b, "%3.0f %%  ", 100*float64(done)/float64(total))
	}
	fmt.Fprintf(&b, "%d delivered, %.0f a second, %d behind", done, rate, st.Lag)
	if st.Behind > 0 {
		fmt.Fprintf(&b, " by %s", shortly(st.Behind))
	}
	switch {
	case !st.RetryAt.IsZero():
		b.WriteString(", waiting for the far side")
	case st.Lag > 0 && rate > 0:
		fmt.Fprintf(&b, ", %s left", shortly(time.Duration(float64(st.Lag)/rate*float64(time.Second))))
	}
	return b.String()
}

// shortly returns a duration for people who only want to know about how long.
func shortly(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// event tells what people want to know of, and each kind not too often.
func (r *shipReport) event(e ship.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	switch e.Kind {
	case ship.Delivered:
		if r.ailing != "" {
			r.ailing = ""
			r.log("works again after %s", shortly(now.Sub(r.since)))
		}
	case ship.Retrying, ship.Failure:
		if r.ailing == "" {
			r.since = now
		}
		if text := e.Err.Error(); text != r.ailing || !now.Before(r.againAt) {
			r.ailing, r.againAt = text, now.Add(tellAgain)
			r.log("%s", e)
		}
	case ship.Missed:
		r.log("%s", e)
	case ship.Rejected, ship.Damaged:
		if now.Sub(r.detailAt) >= tellAgain {
			r.details, r.detailAt = 0, now
		}
		if r.details++; r.details <= mostTold {
			r.log("%s", e)
		} else if r.details == mostTold+1 {
			r.log("there is more of that, which is not told one by one")
		}
	}
}
