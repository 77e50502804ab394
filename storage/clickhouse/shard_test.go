package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"actionlog/storage"
	"actionlog/storage/clickhouse"
	"actionlog/storage/ring"
	"actionlog/storage/storetest"
)

// pair are two servers that are the shards of a cluster.
type pair struct{ servers []*server }

func newPair(t testing.TB) *pair { return &pair{newServers(t, 2)} }

func (p *pair) dsn(database string) string {
	return fmt.Sprintf("clickhouse://%s:%s@%s,%s/%s", writerName, "ignored", p.servers[0].addr(), p.servers[1].addr(), database)
}

// options are those of a store on both.
func (p *pair) options() clickhouse.Options {
	opts := quiet()
	opts.Cluster, opts.NoKeeper, opts.Password = "pair", true, writerPassword
	return opts
}

func (p *pair) rows(t testing.TB, database string) (n [2]string) {
	t.Helper()
	for i, s := range p.servers {
		n[i] = s.one(t, "SELECT count() FROM "+database+".action_logs_local")
	}
	return n
}

func TestConformanceOfShards(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	storetest.Run(t, func(t *testing.T) storetest.Store {
		s := open(t, p.dsn(newDatabase(t, p.servers...)), p.options())
		var n atomic.Int64
		return shorter(suite(s, func(ctx context.Context, batch []storage.Action) error {
			if n.Add(1)%3 == 0 {
				return s.Tidy(ctx)
			}
			return nil
		}), "fields", "hostile-text", "ids", "ownership", "cursor", "invalid", "context", "text", "bounds", "paging")
	})
}

// TestShardKilled kills one of two shards while a ring's pump writes, and starts
// it again.
func TestShardKilled(t *testing.T) {
	t.Parallel()
	program := serverProgram(t)
	p := newPair(t)
	database := newDatabase(t, p.servers...)
	opts := p.options()
	opts.DialTimeout = 2 * time.Second
	s := open(t, p.dsn(database), opts)
	var mu sync.Mutex
	var told []*clickhouse.MissingError
	opts.OnPartial = func(_ context.Context, missing *clickhouse.MissingError) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, missing)
	}
	partial := open(t, p.dsn(database), opts)

	r := ring.New(ring.Options{Backlog: 1 << 15})
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		r.Close(ctx)
	}()
	pump := r.Pump("clickhouse", s, ring.PumpOptions{RetryTo: 100 * time.Millisecond})
	record := func(n int) {
		for _, a := range some(newProcess(), noon, n) {
			r.Record(a)
		}
	}
	flush := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return pump.Flush(ctx)
	}
	record(2000)
	if err := flush(); err != nil {
		t.Fatal(err)
	}
	want(t, s, 2000)
	tidy(t, s)
	record(1000) // some of which are on their way
	p.servers[1].stop()
	record(1000)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		st, err := r.Stats(t.Context(), storage.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if sink := st.Sinks["clickhouse"]; sink.LastError != "" {
			if !strings.Contains(sink.LastError, "shard") || !strings.Contains(sink.LastError, fmt.Sprint(p.servers[1].port)) {
				t.Errorf("the sink's error does not name the shard: %s", sink.LastError)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("writes go on although a shard is missing")
		}
	}
	var missing *clickhouse.MissingError
	if _, err := s.Search(t.Context(), storage.Query{}); !errors.As(err, &missing) || !strings.Contains(err.Error(), fmt.Sprint(p.servers[1].port)) {
		t.Errorf("a search while a shard is missing: %v", err)
	}
	if _, err := s.Stats(t.Context(), storage.Query{}); !errors.As(err, &missing) {
		t.Errorf("stats while a shard is missing: %v", err)
	}
	page, err := partial.Search(t.Context(), storage.Query{Limit: storage.NoLimit})
	if err != nil || len(page.Actions) == 0 || len(page.Actions) >= 4000 {
		t.Errorf("a partial search finds %d actions, %v; want those of one shard", len(page.Actions), err)
	}
	if _, err := partial.Stats(t.Context(), storage.Query{}); err != nil {
		t.Errorf("partial stats: %v", err)
	}
	mu.Lock()
	if len(told) != 2 || !strings.Contains(told[0].Error(), fmt.Sprint(p.servers[1].port)) {
		t.Errorf("told of %v, want twice of the missing shard", told)
	}
	mu.Unlock()

	p.servers[1].start(t, program)
	if err := flush(); err != nil {
		t.Fatal(err)
	}
	want(t, s, 4000)
	tidy(t, s)
	want(t, s, 4000)
	st, err := r.Stats(t.Context(), storage.Query{})
	if sink := st.Sinks["clickhouse"]; err != nil || sink.Written != 4000 || sink.Missed != 0 {
		t.Errorf("the sink has %+v, %v; want 4000 written and none missed", sink, err)
	}
	if rows := p.rows(t, database); rows[0] == "0" || rows[1] == "0" {
		t.Errorf("the shards have %v rows, want some each", rows)
	}
}
