// Package dataset makes actions to measure with: a stream that is the same for
// the same options, of services whose traffic, durations and errors look like
// those of a working system, and the files that hold it.
//
//	for action := range dataset.All(dataset.Options{Count: 100_000}) {
//		…
//	}
//
// [Write] files a stream as a sealed archive with its indexes, as plain JSON
// Lines, and as gzip of one stream, which is what the gzip program makes:
//
//	go run ./archive/internal/dataset/cmd/generate --out /tmp/dataset
//
// # Caveats
//
// The same options give the same bytes on machines of one architecture; on
// another, which may round floating-point numbers otherwise, a duration may
// differ by a nanosecond.
package dataset
