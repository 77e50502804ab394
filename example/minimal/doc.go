// Command minimal is the smallest service that records what it does, as the
// README shows it:
//
//	go run ./example/minimal
//	curl localhost:8000/cases/7
//	curl localhost:8000/action-logs/recent
//
// Ctrl-C ends it, and what it recorded is gone with it: there is no archive.
package main
