package inflate_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"actionlog/storage"

	kflate "github.com/klauspost/compress/flate"
)

// jsonLines returns about size bytes of actions of a few services, a line an
// action and the same for the same seed: what a member of a sealed day holds.
func jsonLines(seed uint64, size int) []byte {
	rnd := rand.New(rand.NewPCG(seed, 1))
	resources := strings.Fields("case order user invoice ticket report policy claim device session folder message payment quote note")
	methods := strings.Fields("GET GET GET POST PUT DELETE")
	failures := strings.Fields("timeout refused conflict exhausted locked missing")
	clock := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	process := storage.NewProcess(clock)
	copy(process[10:], "7zq3k9w") // the part that is chance
	var out []byte
	for n := uint64(1); len(out) < size; n++ {
		clock = clock.Add(time.Duration(rnd.ExpFloat64() * float64(20*time.Millisecond)))
		resource := resources[rnd.IntN(len(resources))]
		method := methods[rnd.IntN(len(methods))]
		id := rnd.IntN(100_000)
		var random [16]byte
		binary.LittleEndian.PutUint64(random[:], rnd.Uint64())
		binary.LittleEndian.PutUint64(random[8:], rnd.Uint64())
		a := storage.Action{
			Time:     clock,
			Service:  fmt.Sprintf("service-%02d", rnd.IntN(12)),
			Action:   method + " /" + resource + "s/{id}",
			Status:   storage.Success,
			Duration: time.Duration(math.Exp(rnd.NormFloat64()*0.8+2.5) * float64(time.Millisecond)),
			ID:       process.ID(n),
			HTTP: &storage.HTTP{
				Method: method,
				Route:  "/" + resource + "s/{id}",
				Path:   fmt.Sprintf("/%ss/%d", resource, id),
				Code:   200,
				Bytes:  int64(rnd.IntN(5000)),
				Remote: netip.AddrFrom4([4]byte{10, 0, byte(rnd.IntN(4)), byte(rnd.IntN(250))}),

				RequestID: fmt.Sprintf("%x", random),
			},
		}
		if rnd.IntN(50) == 0 {
			a.Status, a.HTTP.Code = storage.Failed, 500
			a.Error = fmt.Sprintf("%s %d: database %s after %d ms", resource, id, failures[rnd.IntN(len(failures))], rnd.IntN(3000))
		}
		out = append(a.AppendJSON(out), '\n')
	}
	return out
}

// deflate compresses with the standard library, or with klauspost/compress.
func deflate(tb testing.TB, plain []byte, level int, klauspost bool) []byte {
	tb.Helper()
	var b bytes.Buffer
	var w interface {
		Write([]byte) (int, error)
		Close() error
	}
	var err error
	if klauspost {
		w, err = kflate.NewWriter(&b, level)
	} else {
		w, err = flate.NewWriter(&b, level)
	}
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}
