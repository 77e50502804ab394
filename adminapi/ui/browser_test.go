package ui_test

import (
	"fmt"
	"testing"
	"time"

	"actionlog/adminapi"
	"actionlog/adminapi/internal/browsertest"
	"actionlog/storage/ring"
)

// TestClientInBrowser uses the client where it is served from, as a page does.
func TestClientInBrowser(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{Ingest: true}, ring.Options{})
	page := browsertest.Open(t, browsertest.Options{})
	b.record("CaseService", 12)
	page.Go(b.url()[:len(b.url())-1])
	page.Eval(`import('./client.js').then((client) => { globalThis.client = client; })`, nil)
	for _, tt := range []struct{ call, want string }{
		{"getRecentActions(2).then((a) => a.map((one) => one.action))", `["count 12","count 11"]`},
		{"getFailedActions().then((a) => a[0].error)", `"no place for 10"`},
		{"getActionsByService('CaseService', 1).then((a) => a.length)", `1`},
		{"getActionsByService('..').then((a) => a.length)", `0`},
		{"getActionStats().then((s) => s.total)", `12`},
		{"search({ status: 'failed' }).then(({ actions, next }) => [actions.length, next === undefined])", `[1,true]`},
		{"slow(1).then((a) => a[0].duration)", `12`},
		{"active()", `[]`},
		{"errors().then((e) => e.length)", `1`},
		{"exportURL({ q: 'é' }, 'csv').split('/').at(-1)", `"export?q=%C3%A9&format=csv"`},
		{"record({ timestamp: new Date(), service: 'Page', action: 'load', status: 'success', duration: 1 })", `1`},
		{"connect({ base: '/action-logs' }).getActionStats().then((s) => s.total)", `13`},
		{"clearActionLogs()", `"Action logs cleared successfully"`},
		{"getRecentActions()", `[]`},
	} {
		var got string
		if page.Eval(`(async () => JSON.stringify(await client.`+tt.call+`))()`, &got); got != tt.want {
			t.Errorf("%s is %s, want %s", tt.call, got, tt.want)
		}
	}

	page.Expect("status 400")
	var refused string
	page.Eval(`client.getRecentActions(0).catch((error) => error.name + ' ' + error.status)`, &refused)
	if refused != "ActionLogError 400" {
		t.Errorf("refused is %s", refused)
	}
}

// TestStreamInBrowser follows a server in a page while it is killed and started
// again, as the same process and as another.
func TestStreamInBrowser(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{}, ring.Options{})
	page := browsertest.Open(t, browsertest.Options{})
	page.Go(b.url())
	page.Expect("request: GET http://[^ ]*/action-logs/") // fails while the server is away
	page.Eval(`import('./client.js').then(({ stream }) => {
		globalThis.got = { ids: [], numbers: [], missed: 0, states: [] };
		globalThis.live = stream({ service: 'CaseService' }, ({ id, duration }) => { got.ids.push(id); got.numbers.push(duration); }, {
			onMissed: (n) => { got.missed += n; },
			onState: ({ state }) => got.states.push(state),
		});
	})`, nil)
	page.Wait("live.state === 'open'")
	time.Sleep(100 * time.Millisecond) // for the server to say where the stream is
	b.record("CaseService", 20)
	page.Wait("got.ids.length === 20")
	b.kill()
	page.Wait("live.state === 'waiting'")
	b.record("Other", 5)
	b.record("CaseService", 20)
	b.start(false)
	page.Wait("got.ids.length === 40")
	b.kill()
	b.start(true)
	b.record("CaseService", 20)
	page.Wait("got.ids.length === 60")

	var numbers []int
	page.Eval("got.numbers", &numbers)
	for i, n := range numbers {
		want := i + 1
		if i >= 20 {
			want += 5
		}
		if n != want {
			t.Errorf("action %d is %d, want %d", i, n, want)
		}
	}
	var distinct, missed int
	page.Eval("new Set(got.ids).size", &distinct)
	page.Eval("got.missed", &missed)
	if distinct != 60 || missed != 0 {
		t.Errorf("%d distinct ids and %d missed, want 60 and 0", distinct, missed)
	}
	var states string
	page.Eval("live.close(), live.close(), got.states.join()", &states)
	if want := "connecting,open,waiting,connecting,open"; len(states) < len(want) || states[:len(want)] != want || states[len(states)-6:] != "closed" {
		t.Errorf("the states are %s", states)
	}
}

// TestLoginInBrowser has a page log in, after which the cookie goes along with
// everything, and log out.
func TestLoginInBrowser(t *testing.T) {
	t.Parallel()
	b := newBackend(t, adminapi.Options{Token: token}, ring.Options{})
	b.record("CaseService", 3)
	page := browsertest.Open(t, browsertest.Options{})
	page.Expect("status 401")
	page.Go(b.url())
	page.Eval(`import('./client.js').then((client) => { globalThis.client = client; })`, nil)
	const state = `new Promise((resolve) => {
		const live = client.stream({}, () => {}, { last: 1, onState: ({ state }) => {
			if (state !== 'connecting') { resolve(state); live.close(); }
		} });
	})`
	for _, tt := range []struct{ expression, want string }{
		{"client.getActionStats().catch((error) => error.status)", "401"},
		{state, "denied"},
		{"client.login('wrong').catch((error) => error.status)", "401"},
		{fmt.Sprintf("client.login('%s').then(() => client.getActionStats()).then((s) => s.total)", token), "3"},
		{state, "open"},
		{"document.cookie", ""},
		{"fetch(client.exportURL()).then((r) => r.status)", "200"},
		{"client.logout().then(() => client.getActionStats()).catch((error) => error.status)", "401"},
	} {
		var got string
		if page.Eval(`(async () => String(await `+tt.expression+`))()`, &got); got != tt.want {
			t.Errorf("%s is %s, want %s", tt.expression, got, tt.want)
		}
	}
}
