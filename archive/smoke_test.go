package archive_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

func TestSmoke(t *testing.T) {
	dir := t.TempDir()
	w, err := archive.OpenWriter(dir, archive.Options{OnEvent: func(e archive.Event) { t.Log(e) }})
	if err != nil {
		t.Fatal(err)
	}
	var batch []storage.Action
	p := storage.NewProcess(time.Now())
	for i := range 10000 {
		batch = append(batch, storage.Action{Time: time.Now(), Service: "CaseService", Action: fmt.Sprintf("do%d", i%7), Duration: time.Duration(i) * time.Microsecond, ID: p.ID(uint64(i)),
			HTTP: &storage.HTTP{Method: "GET", Route: "/cases/{id}", Path: fmt.Sprintf("/cases/%d", i), Code: 200, RequestID: fmt.Sprint(i)}})
	}
	if err := w.Write(context.Background(), batch[:5000]); err != nil {
		t.Fatal(err)
	}
	if err := w.Rotate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(context.Background(), batch[5000:]); err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", w.Status())
	es, _ := os.ReadDir(dir)
	for _, e := range es {
		i, _ := e.Info()
		t.Log(e.Name(), i.Size(), i.Mode())
	}
	a, _ := archive.Open(dir)
	n := 0
	for act, err := range a.Actions(context.Background(), storage.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if act.ID != batch[n].ID {
			t.Fatal(n)
		}
		n++
	}
	t.Log(n)
	pg, err := a.Search(context.Background(), storage.Query{})
	t.Log(len(pg.Actions), pg.Next != "", err)
	st, err := a.Stats(context.Background(), storage.Query{})
	t.Log(st.Total, err)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	es, _ = os.ReadDir(dir)
	for _, e := range es {
		i, _ := e.Info()
		t.Log(e.Name(), i.Size(), i.Mode())
	}
}
