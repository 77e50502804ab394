package compare

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Report is what was measured.
type Report struct {
	// Missing are the tools that are not there, and why.
	Missing []string

	// Differences are the answers that are not the right ones.
	Differences []string

	at     time.Time
	count  int
	packed int64 // bytes of the sealed files
	tools  []*tool
	cells  map[*tool]map[string]*measured
	notes  []string // what is to be said of each tool
	off    []string
}

func newReport(s *subject) (*Report, error) {
	r := &Report{at: time.Now(), count: s.count, cells: map[*tool]map[string]*measured{}}
	for _, path := range s.sealed {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		r.packed += info.Size()
	}
	return r, nil
}

// add takes the times of a question, and compares the answer with the right one.
func (r *Report) add(t *tool, key string, m *measured, got, want *answer) {
	if r.cells[t] == nil {
		r.cells[t] = map[string]*measured{}
	}
	r.cells[t][key] = m
	if d := got.differs(want); d != "" {
		r.Differences = append(r.Differences, fmt.Sprintf("%s, %s: %s", t.name, key, d))
		return
	}
	if want.quantiles == nil {
		return
	}
	off := got.off(want)
	switch {
	case key == askEstimates:
		r.off = append(r.off, fmt.Sprintf("%s's estimates by %.1f %%", t.name, 100*off))
	case t.name == "actionlog":
		r.off = append(r.off, fmt.Sprintf("actionlog's by %.1f %%", 100*off))
		if off > stated {
			r.Differences = append(r.Differences, fmt.Sprintf("actionlog, %s: a quantile is off by %.1f %%; stated is %.0f %%", key, 100*off, 100*stated))
		}
	case off > 0:
		r.Differences = append(r.Differences, fmt.Sprintf("%s, %s: a quantile is off by %.4f %%; it should be exact", t.name, key, 100*off))
	}
}

// Markdown returns the report as a table with what has to be said of it.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s on %s, warm cache, whole processes: the median of the runs, the least in parentheses, and the peak of memory of the largest process.\n\n", r.at.Format("2006-01-02"), machine())
	fmt.Fprintf(&b, "| %s actions, %.0f MB of gzip |", thousands(r.count), float64(r.packed)/1e6)
	for _, t := range r.tools {
		fmt.Fprintf(&b, " %s |", t.name)
	}
	b.WriteString("\n|---" + strings.Repeat("|---", len(r.tools)) + "|\n")
	for _, q := range questions {
		row := ""
		asked := false
		for _, t := range r.tools {
			m := r.cells[t][q.key]
			asked = asked || m != nil
			row += " " + m.String() + " |"
		}
		if asked {
			fmt.Fprintf(&b, "| %s |%s\n", q.title, row)
		}
	}
	b.WriteString("\n")
	for _, note := range r.notes {
		fmt.Fprintf(&b, "- %s.\n", note)
	}
	for _, missing := range r.Missing {
		fmt.Fprintf(&b, "- not to be had here: %s.\n", missing)
	}
	if len(r.off) > 0 {
		fmt.Fprintf(&b, "- Quantiles are off at most: %s.\n", strings.Join(r.off, ", "))
	}
	if len(r.Differences) == 0 {
		b.WriteString("- All gave the same answers: the same actions, counts and templates.\n")
	}
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "- **another answer**: %s.\n", d)
	}
	return b.String()
}

// String returns the median, the least and the peak; of nil a dash.
func (m *measured) String() string {
	if m == nil {
		return "–"
	}
	text := fmt.Sprintf("%s (%s)", round(m.median()), round(m.least()))
	if m.peak > 0 {
		text += fmt.Sprintf(", %d MB", (m.peak+512)>>10)
	}
	return text
}

// round returns a duration with two or three digits that mean something.
func round(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1e3)
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1e3)
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// thousands returns a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// machine says what it was measured on.
func machine() string {
	processor := ""
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, found := strings.Cut(string(b), "model name"); found {
			line, _, _ := strings.Cut(rest, "\n")
			processor = strings.TrimLeft(line, "\t :") + ", "
		}
	}
	return fmt.Sprintf("%s%d cores, %s/%s, %s", processor, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
