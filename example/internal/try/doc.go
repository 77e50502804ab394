// Package try builds and starts a program as its user does, and asks it what
// it has recorded. The tests of the examples stand on it.
//
//	p := try.Start(t, try.Build(t, "."), "-addr", "127.0.0.1:0")
//	p.Do(t, http.MethodGet, "/cases/1")
//	for _, a := range p.Recent(t) {
//		…
//	}
//	p.Stop(t)
package try
