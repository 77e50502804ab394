package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// outcome is a situation as one peer went through it.
type outcome struct {
	situation situation
	seen      seen     // by the client
	lost      []string // what the handler could not do
	records   []record
}

// try takes a peer through all situations.
func try(p peer, all []situation) ([]outcome, error) {
	t, err := newTape()
	if err != nil {
		return nil, err
	}
	defer t.Close()
	t.keep(true)
	file, err := largeFile()
	if err != nil {
		return nil, err
	}
	defer os.Remove(file)
	var handle http.HandlerFunc
	h, records := p.build(setup{out: t, recovers: true}, func(w http.ResponseWriter, r *http.Request) { handle(w, r) })
	var outcomes []outcome
	for _, s := range all {
		o := outcome{situation: s}
		l := lost{file: file}
		handle = func(w http.ResponseWriter, r *http.Request) { s.handle(w, r, &l) }
		if o.seen, err = meet(h, s, &l); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", p.slug, s.name, err)
		}
		o.lost, o.records = l.what, records()
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

// largeFile writes a file that is as long as large, and returns its path.
func largeFile() (string, error) {
	f, err := os.CreateTemp("", "peers-*.bin")
	if err == nil {
		_, err = f.Write(make([]byte, large))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return "", fmt.Errorf("write a large file: %w", err)
	}
	return f.Name(), nil
}

// meet has a client ask h once. All that h recorded is recorded when it
// returns.
func meet(h http.Handler, s situation, l *lost) (seen, error) {
	over := make(chan struct{})
	c := newClient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(over)
		h.ServeHTTP(w, r)
	}), s, over)
	defer c.server.Close()
	ask := (*client).plain
	if s.ask != nil {
		ask = s.ask
	}
	got := ask(c)
	select {
	case <-over:
		if s.sendfile && c.sent.Load() < got.bytes-512 { // the first bytes are sniffed
			l.add("no sendfile")
		}
		return got, nil
	case <-time.After(3 * patience):
		return got, errors.New("the handler does not come to an end")
	}
}

// The marks of a cell where nothing is wrong.
const (
	right   = "✓"
	told    = "✓*" // and the record tells how it ended
	silence = "–"  // nothing was claimed
)

// cell judges what was recorded against what the client saw, and what the
// client saw against what it sees without any peer. The text tells what is
// wrong, or is a mark.
func (o outcome) cell() (text string, wrong bool) {
	faults := slices.Clone(o.lost)
	faults = append(faults, o.changed()...)
	mark := silence
	switch len(o.records) {
	case 1:
		r := o.records[0]
		faults = append(faults, o.misrecorded(r)...)
		if r.status != untold || r.bytes != untold {
			mark = right
		}
		if r.how != "" {
			mark = told
			if r.how != o.situation.how {
				faults = append(faults, "says "+r.how)
			}
		}
	case 0:
		faults = append(faults, "no record")
	default:
		faults = append(faults, fmt.Sprintf("%d records", len(o.records)))
	}
	if len(faults) > 0 {
		return strings.Join(faults, ", "), true
	}
	return mark, false
}

// misrecorded compares one record with what was on the wire.
func (o outcome) misrecorded(r record) (faults []string) {
	switch {
	case r.status == untold, r.status == o.seen.status, o.situation.detached && r.status == 0:
	case r.status == 0:
		faults = append(faults, "says no status")
	default:
		faults = append(faults, fmt.Sprintf("says %d", r.status))
	}
	if r.bytes != untold && r.bytes != o.seen.bytes && !o.situation.detached {
		faults = append(faults, fmt.Sprintf("says %d B", r.bytes))
	}
	return faults
}

// changed tells what the client sees otherwise than without any peer.
func (o outcome) changed() (faults []string) {
	was, is := o.situation.wire, o.seen
	if o.situation.mayRecover && is.status == http.StatusInternalServerError && !is.cut {
		return nil
	}
	if is.early != was.early {
		faults = append(faults, fmt.Sprintf("%d lost", was.early))
	}
	if is.status != was.status {
		faults = append(faults, fmt.Sprintf("answers %d", is.status))
	}
	if is.bytes != was.bytes {
		faults = append(faults, fmt.Sprintf("sends %d B", is.bytes))
	}
	switch {
	case is.cut && !was.cut:
		faults = append(faults, "answer cut")
	case !is.cut && was.cut:
		faults = append(faults, "answer ends as if whole")
	}
	if is.trailer != was.trailer {
		faults = append(faults, "trailer lost")
	}
	return faults
}
