package ship_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"actionlog/archive"
	"actionlog/archive/ship"
	"actionlog/storage"
)

// An archive is delivered to standard output, and nothing of it a second time.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "actions")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w, err := archive.OpenWriter(dir, archive.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	err = w.Write(context.Background(), []storage.Action{{
		Time: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Service: "CaseService", Action: "createCase", Status: storage.Success, ID: "one",
	}})
	if err != nil {
		log.Fatal(err)
	}

	s, err := ship.Open(dir, ship.NewWriter(os.Stdout), ship.Options{Name: "out"})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	for range 2 {
		if err := s.CatchUp(context.Background()); err != nil { // Run goes on with what comes
			log.Fatal(err)
		}
		fmt.Println(s.Status().Delivered, "delivered")
	}
	// Output:
	// {"timestamp":"2026-11-22T12:00:00Z","service":"CaseService","action":"createCase","status":"success","duration":0,"error":null,"id":"one","durationNs":0}
	// 1 delivered
	// 1 delivered
}
