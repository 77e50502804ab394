package archive_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"actionlog/archive"
	"actionlog/storage"
)

// exampleBatch returns two actions of 22 November 2026.
func exampleBatch() []storage.Action {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return []storage.Action{
		{Time: at, Service: "CaseService", Action: "createCase", Status: storage.Success, Duration: 12 * time.Millisecond, ID: "1"},
		{Time: at.Add(time.Second), Service: "ChatService", Action: "sendMessage", Status: storage.Failed, Error: "connection refused", ID: "2"},
	}
}

// exampleDir returns a folder that is removed again.
func exampleDir() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "actions")
	if err != nil {
		log.Fatal(err)
	}
	return dir, func() { os.RemoveAll(dir) }
}

func ExampleWriter() {
	dir, remove := exampleDir()
	defer remove()

	w, err := archive.OpenWriter(dir, archive.Options{
		Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 2, 0, time.UTC) },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(context.Background(), exampleBatch()); err != nil {
		log.Fatal(err) // nothing of the batch was kept; offer it again
	}
	fmt.Println(w.Status().Active)

	if err := w.Rotate(context.Background()); err != nil { // midnight does the same
		log.Fatal(err)
	}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if n, ok := archive.ParseName(e.Name()); ok && n.Kind == archive.Sealed {
			fmt.Println(n)
		}
	}
	// Output:
	// actions-2026-11-22.jsonl
	// actions-2026-11-22.jsonl.gz
}

func ExampleArchive_Actions() {
	dir, remove := exampleDir()
	defer remove()
	fill(dir)

	a, err := archive.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	for action, err := range a.Actions(context.Background(), storage.Query{Status: storage.Failed}) {
		var damaged *archive.SyntaxError
		if errors.As(err, &damaged) {
			fmt.Println(damaged.File, damaged.Line)
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(action.Time.Format(time.RFC3339), action.Service, action.Error)
	}
	// Output:
	// 2026-11-22T12:00:01Z ChatService connection refused
}

func ExampleArchive_Search() {
	dir, remove := exampleDir()
	defer remove()
	fill(dir)

	a, err := archive.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	page, err := a.Search(context.Background(), storage.Query{Text: "message", Limit: 10})
	if err != nil {
		log.Fatal(err)
	}
	stats, err := a.Stats(context.Background(), storage.Query{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Actions[0].Action, len(page.Actions), stats.Total, stats.Failed)
	// Output:
	// sendMessage 1 2 1
}

func ExampleParseName() {
	for _, base := range []string{"actions-2026-11-22.2.jsonl.gz", "actions-2026-02-30.jsonl", "notes.txt"} {
		if n, ok := archive.ParseName(base); ok {
			fmt.Println(n.Day, n.Seq, n.Kind == archive.Sealed)
		} else {
			fmt.Println("not ours:", base)
		}
	}
	// Output:
	// 2026-11-22 2 true
	// not ours: actions-2026-02-30.jsonl
	// not ours: notes.txt
}

// fill writes the example's actions into a folder.
func fill(dir string) {
	w, err := archive.OpenWriter(dir, archive.Options{MaxAge: -1})
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Write(context.Background(), exampleBatch()); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
}
