// Package post sends what the destinations of actions have to say over HTTP, and
// turns what comes back into what a shipper does about it.
//
//	c, err := post.New(post.Options{
//		Product: "Loki", URL: "https://loki.example:3100", CAFile: "ca.pem",
//		Credential: post.Credential{Option: "Token", Scheme: "Bearer", Secret: "file:/run/secrets/loki"},
//	})
//	...
//	reply, err := c.Do(ctx, post.Request{Path: "/loki/api/v1/push", ContentType: "application/json", Body: body})
//	if err != nil {
//		return ship.Outcome{}, err // there was no answer
//	}
//	if !reply.OK() {
//		return ship.Outcome{}, c.Fault(reply, reply.Text())
//	}
//
// Bodies go out compressed with gzip over connections that are kept. Replies are
// read up to a bound. Redirects are not followed. Proxies are those that the
// environment names.
//
// # Secrets
//
// A secret is not given, but named: env:NAME is an environment variable,
// file:PATH a file of one line. It is read for every request, so a secret that is
// replaced is in use with the next one. It is in no error, whoever repeats it:
// what a far side says is masked before it becomes part of one. Neither is what a
// URL may hide: user, password, path and query.
package post
