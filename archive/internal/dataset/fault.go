package dataset

import (
	"math"
	"math/rand/v2"
	"strconv"
)

// fault is an error that happens, with # for a number, @ for an id and ^ for an
// address, and the code that it is answered with.
type fault struct {
	text string
	code int
}

// faults are all errors, the most frequent first. No two have the same
// template, also where only numbers and ids are folded.
var faults = []fault{
	{"dial tcp ^: connect: connection refused", 502},
	{"context deadline exceeded after # ms", 504},
	{"case #: version conflict, expected # but found #", 500},
	{"upstream ^ answered 503 to request @", 502},
	{"deadlock detected: process # waits for transaction #", 500},
	{"read tcp ^: i/o timeout", 504},
	{"rate limit of the model exceeded, try again in # ms", 503},
	{"document @ is locked by user #", 500},
	{"could not serialize access in transaction #", 500},
	{"message #: body of # bytes exceeds the limit", 500},
	{"session @ expired # seconds ago", 500},
	{"pool exhausted: # connections in use, # waiting", 503},
	{"object @ not found in bucket #", 500},
	{"invalid checksum of part #: upload @", 500},
	{"tenant # is over its quota of # objects", 503},
	{"write tcp ^: broken pipe", 500},
	{"invoice #: amount # does not match sum #", 500},
	{"job @ was cancelled after # retries", 500},
	{"tls handshake with ^ timed out", 502},
	{"index shard # is not ready", 503},
	{"calendar #: event @ overlaps # others", 500},
	{"mail to user # bounced with code #", 502},
	{"template 'notice-#' has no variable #", 500},
	{"queue depth # above the bound of #", 503},
	{"cannot parse line # of import @", 500},
	{"foreign key of row # points to missing row #", 500},
	{"export @: disk has # bytes left", 503},
	{"leader changed in term #, request @ dropped", 503},
	{"webhook ^ returned # after # ms", 502},
	{"token @ is not valid before #", 500},
	{"report #: query used more than # MB", 500},
	{"lookup of host db-#: no such host", 502},
	{"duplicate key value # in unique constraint", 500},
	{"panic: index out of range: # with length #", 500},
	{"stream @ reset by peer after # bytes", 502},
	{"cache node ^ is down", 502},
	{"audit record # does not follow record #", 500},
	{"lock 'case-#' held for # seconds", 500},
	{"unsupported media in attachment @", 500},
	{"search took more than # ms over # documents", 504},
}

// newFaults returns how often each of the errors happens.
func newFaults() (often weights) {
	for i := range faults {
		often.add(math.Pow(float64(i+1), -0.8))
	}
	return often
}

// appendText appends the error as it happens once.
func (f *fault) appendText(dst []byte, r *rand.Rand) []byte {
	for _, c := range []byte(f.text) {
		switch c {
		case '#':
			dst = strconv.AppendUint(dst, 1+r.Uint64N(99_999), 10)
		case '@':
			dst = appendUUID(dst, r)
		case '^':
			dst = append(dst, "10."...)
			dst = append(strconv.AppendUint(dst, r.Uint64N(4), 10), '.')
			dst = append(strconv.AppendUint(dst, r.Uint64N(256), 10), '.')
			dst = append(strconv.AppendUint(dst, 1+r.Uint64N(254), 10), ':')
			dst = strconv.AppendUint(dst, 1024+r.Uint64N(60_000), 10)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func appendUUID(dst []byte, r *rand.Rand) []byte {
	for i, n := range [5]int{8, 4, 4, 4, 12} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = appendHex(dst, r.Uint64(), n)
	}
	return dst
}

// appendHex appends the last n hexadecimal digits of v.
func appendHex(dst []byte, v uint64, n int) []byte {
	for shift := 4 * (n - 1); shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[v>>shift&15])
	}
	return dst
}
