package loki

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"actionlog/archive/ship"
	"actionlog/archive/ship/internal/post"
	"actionlog/storage"
)

// failed says what becomes of a batch that Loki did not take, or not all of. Of
// one with a bad line Loki takes the others all the same, and it shows a line once
// that it is sent again.
func (d *Destination) failed(reply *post.Reply, batch []storage.Action) (ship.Outcome, error) {
	text := reply.Text()
	if strings.Contains(text, "no org id") {
		text += "; set Tenant"
	}
	fault := d.client.Fault(reply, text)
	if reply.Status == http.StatusTooManyRequests && overRate(string(reply.Body)) {
		fault.Kind, fault.After = ship.TooLarge, max(fault.After, time.Second)
	}
	if fault.Kind != ship.Refused || reply.Status != http.StatusBadRequest {
		return ship.Outcome{}, fault
	}
	if advice := setUp(string(reply.Body)); advice != "" {
		return ship.Outcome{}, d.client.Error(ship.Unavailable, reply, text+"; "+advice)
	}
	out := d.encoder.tooOld(string(reply.Body), batch)
	if len(out.Refused) == 0 {
		return ship.Outcome{}, fault
	}
	for i := range out.Refused {
		out.Refused[i].Reason = d.client.Mask(out.Refused[i].Reason)
	}
	return out, nil
}

// setUp says what to change if a 400 is about how Loki is set up, and would be
// the same for every line.
func setUp(said string) string {
	switch {
	case strings.Contains(said, "structured metadata, but this feature is disallowed"):
		return "set allow_structured_metadata, which needs schema v13"
	case strings.Contains(said, "label names; limit"):
		return "give fewer Labels, or raise max_label_names_per_series"
	}
	return ""
}

// rate finds how much Loki takes in a second, and how much a batch would be.
var rate = regexp.MustCompile(`limit: (\d{1,18}) bytes/sec\) while attempting to ingest '\d+' lines totaling '(\d{1,18})' bytes`)

// overRate reports whether a batch alone is more than Loki takes in a second, and
// so may be more than it ever takes at once.
func overRate(said string) bool {
	m := rate.FindStringSubmatch(said)
	if m == nil {
		return false
	}
	limit, err := strconv.ParseInt(m[1], 10, 64)
	total, err2 := strconv.ParseInt(m[2], 10, 64)
	return err == nil && err2 == nil && total > limit
}

// bound finds the oldest time that Loki takes: of all streams, or of one, as its
// distributor and its ingesters say it.
var bound = regexp.MustCompile(`(entry too far behind|has timestamp too old)[^\n]{0,200}?oldest acceptable timestamp is: (\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)`)

// tooOld refuses the actions that are older than the bound that Loki named, and
// has the others sent again. It finds none where that cannot be told. The batch is
// the one that was written last.
func (e *encoder) tooOld(said string, batch []storage.Action) ship.Outcome {
	var out ship.Outcome
	found := bound.FindAllStringSubmatch(said, maxBounds)
	for i := range batch {
		reason := older(found, e.times[i], e.named(said, &batch[i]))
		if reason != "" {
			out.Refused = append(out.Refused, ship.Refusal{Index: i, Reason: reason})
		} else {
			out.Retry = append(out.Retry, i)
		}
	}
	return out
}

const maxBounds = 64

// named reports whether Loki named the stream of an action.
func (e *encoder) named(said string, a *storage.Action) bool {
	if !strings.Contains(said, serviceLabel+"="+strconv.Quote(serviceOf(a))) {
		return false
	}
	switch {
	case !e.instance:
		return true
	case a.Instance == "":
		return !strings.Contains(said, instanceLabel+"=")
	}
	return strings.Contains(said, instanceLabel+"="+strconv.Quote(a.Instance))
}

// older returns Loki's words if the time lies before one of the bounds. What is
// too old is so in every stream, what is too far behind in the one that is named.
func older(found [][]string, nanos int64, ofStream bool) string {
	for _, m := range found {
		if strings.HasPrefix(m[1], "entry") && !ofStream {
			continue
		}
		if t, err := time.Parse(time.RFC3339Nano, m[2]); err == nil && nanos < t.UnixNano() {
			return m[0]
		}
	}
	return ""
}
