//go:build race

package middleware_test

// raceAllocs is what is allocated more under the race detector, where a
// sync.Pool drops some of what it is given.
const raceAllocs = 4
