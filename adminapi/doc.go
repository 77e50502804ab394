// Package adminapi answers questions about recorded actions over HTTP: the
// newest ones, the failed ones, those of one service, statistics, a search,
// the slowest, and the requests in flight; errors by what they have in common,
// a time series, and everything that matches as a file, or live as a stream.
//
// # Smallest use
//
//	api, err := adminapi.New(adminapi.Options{Store: store})
//	if err != nil {
//		return err
//	}
//	api.Register(mux) // or: http.Serve(listener, api)
//
// Then, on the same machine:
//
//	curl localhost:8000/action-logs/recent?limit=10
//
// GET on the base path is the dashboard, and the list of endpoints to who
// accepts application/json and not text/html. Every error, of every endpoint, is
// {"detail":"…"} with Content-Type application/json, and nothing is ever
// redirected: one trailing slash is ignored, any other path that is not
// exactly an endpoint is a 404. A mux in front has its own say, though: ServeMux
// redirects a path that is not clean, such as one with two slashes, and
// answers a method itself that [Handler.Register] does not mount.
//
// # Pages and programs
//
// GET /client.js is a client for browsers and for Node, an ES module without
// dependencies, with a function for each endpoint and a stream that connects
// again by itself; GET /client.d.ts has its types. A page of this server imports
// it from where it is, and a program takes a copy:
//
//	curl -O localhost:8000/action-logs/client.js
//
// The dashboard is built on it. It is embedded (package ui), loads from nowhere
// else, and has a Content-Security-Policy without code in the page. All of these
// files are served to who comes without credentials, and in read-only mode, for
// they hold no data.
//
// The dashboard finds the endpoints by the address that it was asked for, with a
// trailing slash and without, also behind http.StripPrefix. A proxy that calls
// the base path otherwise is to be asked with the slash.
//
// # Who is let in
//
// By default only this machine, without a password. Three checks hold
// together, before anything else is looked at:
//
//   - The peer's address is loopback ([Options.AllowedPrefixes]). A forwarded
//     address counts only if it comes from one of [Options.TrustedProxies].
//   - The Host header is a name that this machine is known by: localhost and
//     names below it, 127.0.0.1, [::1], the address that the connection came in
//     on, and [Options.AllowedHosts]. That stops DNS rebinding.
//   - A request that changes something, or opens a stream, does not come from a
//     page of another origin, unless it is one of [Options.AllowedOrigins].
//
// [Options.Token], [Options.Username] and [Options.Authorize] ask for more;
// none of them lets in a peer that the checks above keep out.
//
// A page exchanges the token for a cookie at POST /login, so that it need not
// keep it. The cookie counts as the token does, on this server's own pages
// only, until POST /logout or the end of the process. What holds no data and a
// page needs to ask for the token, GET / first of all, is served without.
//
// Whose credentials are wrong may try ten a minute, also without
// [Options.Rate]; then even the right ones are a 429 for some seconds, but for
// who is logged in.
//
// # Files
//
// GET /export streams all that matches, in bounded memory. What fails after the
// first bytes ends the file with the error where no reader of its form expects
// it, and cuts the connection; what is damaged in the store does not keep the
// rest from coming before that.
//
// 16 exports may go on at once, 8 of each peer; further ones are a 503 or a 429.
// A client that takes nothing for 30 s loses the connection.
//
// # Recording from other programs
//
// With [Options.Ingest], POST / takes actions in the form in which they are
// answered: an object, an array, or JSON Lines, at most 1,000 of them and 1 MiB.
// All are recorded or none: the first that is not valid is named by its index,
// counted from 0. A key that is unknown is not valid, since what a misspelt one
// says would be lost, nor is a timestamp more than 24 h from this server's
// clock. A record gets an id here; its own is kept as the attribute recordId.
//
// Who has [Options.IngestToken] may do this and nothing else; the other
// credentials, where there are any, let in here too. Without IngestToken POST /
// asks for what everything else asks for.
//
// # The description
//
// GET /openapi.json describes all this as OpenAPI 3.1. It says that the
// endpoints are where it is itself, so it is right wherever it is mounted.
// [Options.Docs] shows it: see the package adminapi/docs.
//
// # Behind a proxy
//
// A reverse proxy on this machine makes the whole world look like this
// machine. Most proxies say in a header for whom they ask, one of
// X-Forwarded-…, X-Original-…, Forwarded, Via and their like; such a request
// from a loopback peer is refused until [Options.TrustedProxies] names the
// proxy. A proxy that adds no header at all (nginx's bare proxy_pass, a TCP or
// ssh tunnel) cannot be told from a local program: don't let it forward the
// base path, or set a token.
//
// A proxy listed in TrustedProxies must set or append X-Forwarded-For or
// Forwarded itself on every request: without them it is refused if it is on
// another machine, also where its address is one of AllowedPrefixes, and
// cannot be told from a local program if it is on this one. List proxies, not
// the networks that they are in: everything in the list is believed. The name
// by which browsers know the proxy belongs in [Options.AllowedHosts]; where the
// proxy rewrites the Host header, the panel's origin belongs in
// [Options.AllowedOrigins].
//
// A proxy may ask for a password of its own and pass it on: basic credentials
// mean nothing here unless [Options.Username] is set, so a page behind it still
// logs in with the token.
//
// # Streams
//
// GET /stream sends actions as they are recorded, some 10 to 20 ms later, in
// the order of their ids. The parameters of a query filter them, but for sort,
// limit and cursor, which mean nothing here. So from and to are filters, too:
// they neither reach back nor end the stream.
//
//	curl -N 'localhost:8000/action-logs/stream?status=failed&last=10'
//
// A client that asks for an upgrade gets a WebSocket, with one JSON object as
// a text message each: an action, or {"missed":n}. Any other gets Server-Sent
// Events:
//
//   - "action", with the action as data and its id as the event's id;
//   - "missed", with {"missed":n} as data: n actions were overwritten before
//     this stream came to them. The number is exact, but it counts them all:
//     nobody knows any more which of them the filter would have let pass. Its id
//     is the one behind which the stream goes on;
//   - lines of comment, one at once and one with each heartbeat, and ids without
//     data. They move the place to resume from past what did not match.
//
// A stream begins with what comes next. With last=N (0 to 1000) it first sends
// the newest N that match, oldest first. With after=ID, or the header
// Last-Event-ID, it resumes behind that action: without a gap and without a
// repeat as far as the store reaches back, and with a count of what it does not
// hold any more. If both are given the header wins, since a browser that
// reconnects sends it along with the address that it began with; last then
// means nothing. Behind an id of another process, such as this server's before
// it was restarted, comes all of this process; what the other one recorded
// after that id is not known here.
//
// Nobody waits for a slow client, and it waits for nobody: what it cannot take
// in time it misses, and one that takes nothing for [Options.StreamTimeout]
// loses its connection. The server's own timeouts don't end a stream. One that
// goes without a word is noticed by its connection: see [ConnContext].
//
// A stream ends when the store or the handler is closed ([Handler.Close]): a
// last line of comment says so and a WebSocket is closed with 1001, going away.
// One that begins later is a 503. Who is let in is asked once, when it begins;
// but a logout also ends the streams of its login, a WebSocket with 1008.
// [Options.MaxStreams] and [Options.MaxStreamsPerPeer] bound how many there
// are; further ones are a 503 or a 429.
//
// # Unix sockets
//
// The peer of a Unix socket is local by nature and counts as 127.0.0.1. No
// browser can reach one, so any Host is accepted there, unless the request
// carries forwarding headers.
package adminapi
