package compare

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"actionlog/archive/internal/dataset"
	"actionlog/storage"
)

// subject is what is asked about.
type subject struct {
	count     int
	dir       string   // the archive's folder
	sealed    []string // its files
	gzip      []string // the same days as gzip of one stream
	requestID string
	service   string
	from, to  time.Time // an hour
	needle    string    // a part of a request id
}

// needleLen is how long the text is that nothing indexes: long enough to be
// rare, short enough to be found more than once in millions.
const needleLen = 6

// newSubject chooses what to ask about from the actions in the middle of the
// stream, and counts the right answers.
func newSubject(folder string, opts dataset.Options, count int) (*subject, map[string]*answer, error) {
	s := &subject{count: count, dir: filepath.Join(folder, dataset.Archive)}
	for _, f := range []struct {
		form  string
		paths *[]string
	}{{dataset.Archive, &s.sealed}, {dataset.Gzip, &s.gzip}} {
		paths, err := filepath.Glob(filepath.Join(folder, f.form, "*.jsonl.gz"))
		if err != nil || len(paths) == 0 {
			return nil, nil, fmt.Errorf("%s has no files *.jsonl.gz", filepath.Join(folder, f.form))
		}
		slices.Sort(paths)
		*f.paths = paths
	}
	n := 0
	for a := range dataset.All(opts) {
		switch n++; {
		case s.needle == "" && n >= count*2/5:
			if id := a.HTTP.RequestID[4 : 4+needleLen]; strings.ContainsAny(id, "abcdef") {
				s.needle = id
			}
		case s.requestID == "" && n >= count*3/5:
			s.requestID, s.service = a.HTTP.RequestID, a.Service
			s.from = a.Time.Truncate(time.Hour)
			s.to = s.from.Add(time.Hour)
		}
		if s.requestID != "" && s.needle != "" {
			return s, s.count1(opts), nil
		}
	}
	return nil, nil, fmt.Errorf("a data set of %d actions is too small to ask about", count)
}

// count1 goes through the stream and returns the right answer to each question.
func (s *subject) count1(opts dataset.Options) map[string]*answer {
	one, failed, text := &answer{}, &answer{}, &answer{}
	stats, errors := newExact(), storage.NewErrorSummer()
	for a := range dataset.All(opts) {
		if a.HTTP.RequestID == s.requestID {
			one.add(&a)
		}
		if a.Failed() && a.Service == s.service && !a.Time.Before(s.from) && a.Time.Before(s.to) {
			failed.add(&a)
		}
		if strings.Contains(a.HTTP.RequestID, s.needle) || strings.Contains(a.Error, s.needle) {
			text.add(&a)
		}
		stats.add(&a)
		errors.Add(&a)
	}
	top := &answer{}
	groups := errors.Groups()
	for _, g := range groups[:min(topErrors, len(groups))] {
		top.rows = append(top.rows, fmt.Sprintf("%d %s", g.Count, g.Template))
	}
	sums := stats.answer()
	return map[string]*answer{askID: one, askFailed: failed, askStats: sums, askEstimates: sums, askErrors: top, askText: text, askPlain: text}
}

// exact keeps all durations, for exact quantiles.
type exact map[[2]string]*exactPair

type exactPair struct {
	failed    int
	durations []int64
}

func newExact() exact { return exact{} }

func (e exact) add(a *storage.Action) {
	key := [2]string{a.Service, a.Action}
	p := e[key]
	if p == nil {
		p = &exactPair{}
		e[key] = p
	}
	if a.Failed() {
		p.failed++
	}
	p.durations = append(p.durations, int64(a.Duration))
}

func (e exact) answer() *answer {
	ans := &answer{}
	for key, p := range e {
		slices.Sort(p.durations)
		var q [3]float64
		for i, percent := range percents {
			rank := (len(p.durations)*percent + 99) / 100 // the nearest rank
			q[i] = float64(p.durations[rank-1])
		}
		ans.addPair(key[0], key[1], len(p.durations), p.failed, q)
	}
	return ans
}
