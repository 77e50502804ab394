package ui_test

import (
	"strings"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/internal/browsertest"
	"actionlog/storage"
	"actionlog/storage/ring"
)

// TestDashboardTellsWhatFails has an action begin to fail that did well before.
func TestDashboardTellsWhatFails(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	began := time.Now().Add(-20 * time.Minute).Truncate(time.Second)
	for at := began; at.Before(time.Now()); at = at.Add(5 * time.Second) {
		a := storage.Action{Time: at, Service: "CaseService", Action: "createCase", Duration: time.Millisecond}
		if at.Sub(began) >= 10*time.Minute {
			a.Status, a.Error = storage.Failed, "disk full"
		}
		b.add(a, storage.Action{Time: at, Service: "CaseService", Action: "getCase"})
	}
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Wait(`document.querySelectorAll('#failing li').length === 1`)
	text := strings.Join(strings.Fields(d.Text("#failing")), " ")
	since := began.Add(10 * time.Minute)
	for _, want := range []string{"Failing now: 1 action", "CaseServicecreateCase", "100 % fail", "since " + since.UTC().Format(time.TimeOnly), "· 10 min", "disk full"} {
		if !strings.Contains(text, want) {
			t.Errorf("what fails is told as %q, want %q in it", text, want)
		}
	}
	if got := d.eval(`document.title`); got != "✕ 1 failing · Action log" {
		t.Errorf("the title is %q", got)
	}
	d.click("#failing li button")
	d.Wait(`location.search === '?service=CaseService&action=createCase&status=failed'`)
}

// TestDashboardTellsWhatFailsForHours has an action fail for longer than the
// list of failures reaches back.
func TestDashboardTellsWhatFailsForHours(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	began := time.Now().Add(-5 * time.Hour).Truncate(5 * time.Minute)
	for at := began; at.Before(time.Now()); at = at.Add(20 * time.Second) {
		a := storage.Action{Time: at, Service: "CaseService", Action: "createCase", Duration: time.Millisecond}
		if at.Sub(began) >= 2*time.Hour {
			a.Status, a.Error = storage.Failed, "disk full"
		}
		b.add(a)
	}
	d := openDashboard(t, b, browsertest.Options{}, "")
	d.Wait(`document.querySelectorAll('#failing li').length === 1`)
	since := began.Add(2 * time.Hour).UTC().Format(time.TimeOnly)
	if text := d.Text("#failing time"); !strings.HasSuffix(strings.Split(text, " · ")[0], since) || !strings.HasSuffix(text, "· 3 h") && !strings.Contains(text, "· 3 h ") {
		t.Errorf("what fails is told as %q, want since %s for 3 h", text, since)
	}
}
