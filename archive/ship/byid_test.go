//go:build unix

package ship_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"actionlog/storage"
)

// byID is the part of Elasticsearch that VictoriaLogs lacks: a document is created
// once, and the second time there is a conflict.
type byID struct {
	*httptest.Server

	mu        sync.Mutex
	documents map[storage.ID]int // how often each was created, which is once
	conflicts int
}

func startByID(t *testing.T) *byID {
	b := &byID{documents: map[storage.ID]int{}}
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

// ServeHTTP answers POST /_bulk.
func (b *byID) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	zip, err := gzip.NewReader(r.Body)
	if err != nil || r.URL.Path != "/_bulk" {
		http.Error(w, "no bulk request", http.StatusBadRequest)
		return
	}
	type status struct {
		Status int             `json:"status"`
		Error  json.RawMessage `json:"error,omitempty"`
	}
	var items []map[string]status
	errors := false
	lines := bufio.NewScanner(zip)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var action struct {
			Create struct {
				ID storage.ID `json:"_id"`
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &action); err != nil || !lines.Scan() || !json.Valid(lines.Bytes()) {
			break // what was cut off; the documents before it are there
		}
		answer := status{Status: http.StatusCreated}
		b.mu.Lock()
		if b.documents[action.Create.ID] > 0 {
			errors = true
			b.conflicts++
			answer = status{http.StatusConflict, json.RawMessage(`{"type":"version_conflict_engine_exception","reason":"document already exists"}`)}
		} else {
			b.documents[action.Create.ID]++
		}
		b.mu.Unlock()
		items = append(items, map[string]status{"create": answer})
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"took": 1, "errors": errors, "items": items})
}

// TestOnceByID delivers as TestProof does to a far side that drops repeats by the
// id: there, every id is once.
func TestOnceByID(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some twenty seconds")
	}
	const count = 100_000
	far := startByID(t)
	prove(t, proof{name: "elasticsearch", url: "http://ADDR"}, host(far.URL), count, func(m *maker) {
		far.mu.Lock()
		defer far.mu.Unlock()
		for i := range count {
			if id := m.process.ID(uint64(i) + 1); far.documents[id] != 1 {
				t.Fatalf("%s is there %d times", id, far.documents[id])
			}
		}
		if len(far.documents) != count || far.conflicts == 0 {
			t.Errorf("there are %d documents, and %d conflicts", len(far.documents), far.conflicts)
		}
		t.Logf("%d documents, and %d that were sent again were dropped", len(far.documents), far.conflicts)
	})
}
