package ring

import (
	"fmt"
	"time"

	"actionlog/storage"
)

// Log records an action that is no HTTP request and has just ended. The status
// is storage.Success or storage.Failed; with an err that is not nil it is
// Failed whatever was said.
func (r *Ring) Log(service, action string, status storage.Status, duration time.Duration, err error) {
	a := storage.Action{Service: service, Action: action, Status: status, Duration: duration}
	if err != nil {
		a.Status, a.Error = storage.Failed, fmt.Sprint(err)
	}
	r.Record(a)
}

// Track times what runs between it and the function that it returns, which is
// to be deferred with the address of the error to report, or nil:
//
//	func nightly() (err error) {
//		defer r.Track("Jobs", "nightly")(&err)
//
// It is in flight meanwhile, and failed if *err is not nil or if it panics;
// the panic goes on. The returned function must be deferred itself: called by
// another deferred function it sees no panic. A runtime.Goexit counts as
// success.
func (r *Ring) Track(service, action string) func(*error) {
	h := r.Intern(service, action, "", "")
	active := r.Begin(h, &storage.Start{})
	return func(err *error) {
		f := storage.Finish{Handle: h}
		v := recover()
		switch {
		case v != nil:
			f.Failed, f.Error = true, fmt.Sprintf("panic: %v", v)
		case err != nil && *err != nil:
			f.Failed, f.Error = true, fmt.Sprint(*err)
		}
		r.End(active, &f)
		if v != nil {
			panic(v)
		}
	}
}
