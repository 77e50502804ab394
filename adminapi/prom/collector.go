package prom

import (
	"context"

	"actionlog/storage"

	"github.com/prometheus/client_golang/prometheus"
)

// Collector gives the counts of a source to Prometheus. It keeps no counts of
// its own: all are read when it is asked. It is a [prometheus.Collector], safe for
// concurrent use, and starts no goroutine.
type Collector struct {
	opts    Options
	classic *classicBounds
	told    told

	actions  *prometheus.Desc
	duration *prometheus.Desc
	inFlight *prometheus.Desc

	sinkLag     *prometheus.Desc
	sinkBacklog *prometheus.Desc
	sinkWritten *prometheus.Desc
	sinkMissed  *prometheus.Desc
	sinkFailing *prometheus.Desc

	archiveBytes   *prometheus.Desc
	archiveAge     *prometheus.Desc
	archiveFailing *prometheus.Desc
}

var _ prometheus.Collector = (*Collector)(nil)

// New returns a collector, to be registered with a registry of yours, or to
// be served by its own [Collector.Handler]. It panics where an option cannot
// be meant.
func New(opts Options) *Collector {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		panic(err)
	}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("actionlog_"+name, help, labels, nil)
	}
	return &Collector{
		opts:    opts,
		classic: newClassicBounds(opts.Bounds),
		told:    told{byPair: map[pair][]storage.Exemplar{}},

		actions:  desc("actions_total", "Actions that have ended, by outcome: success or failed.", "action", "service", "status"),
		duration: desc("action_duration_seconds", "How long actions took.", "action", "service"),
		inFlight: desc("requests_in_flight", "Requests and tracked actions that have begun and not ended."),

		sinkLag:     desc("sink_lag_actions", "Actions recorded and not yet written to the sink.", "sink"),
		sinkBacklog: desc("sink_backlog_actions", "How many actions a sink may lag before it misses some."),
		sinkWritten: desc("sink_written_actions_total", "Actions written to the sink.", "sink"),
		sinkMissed:  desc("sink_missed_actions_total", "Actions that were overwritten before the sink had taken them, or given up.", "sink"),
		sinkFailing: desc("sink_failing", "Whether the last write to the sink failed: 1 or 0.", "sink"),

		archiveBytes:   desc("archive_active_bytes", "Size of the archive's file that is written to."),
		archiveAge:     desc("archive_active_age_seconds", "Time since the day, or week, of the archive's file that is written to began."),
		archiveFailing: desc("archive_failing", "Whether the archive last failed to write, sync, seal or remove files: 1 or 0."),
	}
}

// Describe sends the descriptions of all metrics. See [prometheus.Collector].
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.actions
	ch <- c.duration
	ch <- c.inFlight
	ch <- c.sinkLag
	ch <- c.sinkBacklog
	ch <- c.sinkWritten
	ch <- c.sinkMissed
	ch <- c.sinkFailing
	ch <- c.archiveBytes
	ch <- c.archiveAge
	ch <- c.archiveFailing
}

// Collect reads the source and sends its metrics. If the source fails, what is
// gathered is an error that wraps its own. See [prometheus.Collector].
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	totals, err := c.opts.Source.Totals(context.Background())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(c.actions, err)
		return
	}
	c.send(totals, func(m *metric) { ch <- m })
}

// send makes the metrics, with totals as the source returned them.
func (c *Collector) send(totals []storage.Total, send func(*metric)) {
	m := &maker{send: send, now: c.opts.Now()}
	for i := range totals {
		t := &totals[i]
		a, s := m.label(action, t.Action), m.label(service, t.Service)
		m.sendCounter(c.actions, float64(t.Success), m.list(a, s, success))
		m.sendCounter(c.actions, float64(t.Failed), m.list(a, s, failed))
		m.sendHistogram(c.duration, t, c.classic, &c.told, m.list(a, s))
	}
	m.sendGauge(c.inFlight, float64(c.opts.Source.InFlight()), nil)
	c.sendSinks(m)
	c.sendArchive(m)
}

func (c *Collector) sendSinks(m *maker) {
	for name, s := range c.opts.Source.Sinks() {
		labels := m.list(m.label(sink, name))
		m.sendGauge(c.sinkLag, float64(s.Lag), labels)
		m.sendCounter(c.sinkWritten, float64(s.Written), labels)
		m.sendCounter(c.sinkMissed, float64(s.Missed), labels)
		m.sendGauge(c.sinkFailing, oneIf(s.LastError != ""), labels)
	}
	if source, ok := c.opts.Source.(backlogger); ok {
		m.sendGauge(c.sinkBacklog, float64(source.Backlog()), nil)
	}
}

func (c *Collector) sendArchive(m *maker) {
	if c.opts.Archive == nil {
		return
	}
	size, began := c.opts.Archive.Active()
	m.sendGauge(c.archiveBytes, float64(size), nil)
	if !began.IsZero() {
		m.sendGauge(c.archiveAge, c.opts.Now().Sub(began).Seconds(), nil)
	}
	m.sendGauge(c.archiveFailing, oneIf(c.opts.Archive.Err() != nil), nil)
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
