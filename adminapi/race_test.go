//go:build race

package adminapi_test

// raceDetector tells whether the tests run under the race detector.
const raceDetector = true
