package archive_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"actionlog/storage"
)

// load makes the actions of a busy system, of the same density whatever the
// number of hours: a million a day over 12 services of 15 actions each, with
// request ids of their own, of 16 to 32 characters, and 2 % failures of 40
// kinds.
type load struct {
	r       *rand.Rand
	process storage.Process
	n       uint64
	now     time.Time
}

const loadPerHour = 1_000_000 / 24

func newLoad(seed uint64, from time.Time) *load {
	return &load{r: rand.New(rand.NewPCG(seed, 4)), process: storage.NewProcess(from), now: from}
}

func (l *load) hours(n int) []storage.Action { return l.next(n * loadPerHour) }

func (l *load) next(n int) []storage.Action {
	list := make([]storage.Action, n)
	for i := range list {
		list[i] = l.one()
	}
	return list
}

func (l *load) one() storage.Action {
	r := l.r
	l.n++
	l.now = l.now.Add(time.Duration(r.ExpFloat64() * float64(time.Hour) / loadPerHour))
	service := int(12 * math.Pow(r.Float64(), 1.5))
	action := int(15 * math.Pow(r.Float64(), 1.5))
	noun := []string{"cases", "users", "orders", "files", "notes"}[action%5]
	method := []string{"GET", "POST", "PUT"}[action/5]
	a := storage.Action{
		Time: l.now, Service: fmt.Sprintf("%sService%d", noun, service), Action: method + " /" + noun + "/{id}",
		Status: storage.Success, ID: l.process.ID(l.n),
		Duration: time.Duration(math.Exp(r.NormFloat64()*0.8+math.Log(float64(2+service+3*action))) * float64(time.Millisecond)),
		HTTP: &storage.HTTP{
			Method: method, Route: "/" + noun + "/{id}", Path: "/" + noun, Code: 200, RequestID: l.requestID(),
		},
	}
	if r.IntN(50) == 0 {
		kind := r.IntN(40)
		a.Status, a.HTTP.Code = storage.Failed, 500+kind%4
		a.Error = fmt.Sprintf("%s of kind %c: case %d of batch %08x failed after %d ms", []string{"timeout", "conflict", "refused", "broken"}[kind%4],
			'A'+rune(kind/4), r.IntN(1e6), r.Uint32(), r.IntN(5000))
	}
	return a
}

func (l *load) requestID() string {
	id := fmt.Sprintf("%016x%016x", l.r.Uint64(), l.r.Uint64())
	return id[:16+l.r.IntN(17)]
}
