package main

import (
	"time"

	"actionlog/storage"
)

// recordSample records two actions to look at.
func recordSample(r storage.Recorder) {
	r.Record(storage.Action{
		Time:    time.Date(2025, 11, 13, 12, 0, 0, 0, time.UTC),
		Service: "CaseService", Action: "createCase", Status: storage.Success, Duration: 45 * time.Millisecond,
	})
	r.Record(storage.Action{
		Time:    time.Date(2025, 11, 13, 12, 5, 0, 0, time.UTC),
		Service: "ChatService", Action: "sendMessage", Status: storage.Failed, Duration: 250 * time.Millisecond,
		Error: errRateLimit.Error(),
	})
}
