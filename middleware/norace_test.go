//go:build !race

package middleware_test

const raceAllocs = 0
