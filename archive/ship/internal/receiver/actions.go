package receiver

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"actionlog/storage"
)

// Actions returns n actions that ended around the time, a millisecond apart, of
// three services. They have every field, in all the forms that there are: of
// twelve in a row no two are alike. The same arguments give the same actions.
func Actions(n int, end time.Time) []storage.Action {
	process := storage.NewProcess(end)
	copy(process[10:], "abcdefg")
	all := make([]storage.Action, n)
	for i := range all {
		a := storage.Action{
			Time:     end.Add(time.Duration(i-n) * time.Millisecond).Add(time.Duration(i % 1000)).UTC(),
			Service:  [...]string{"CaseService", "Billing", "Größe \"3\""}[i%3],
			Action:   "POST /cases/{id}",
			Status:   storage.Success,
			Duration: time.Duration(i+1) * 1234567,
			ID:       process.ID(uint64(i) + 1),
			Instance: [...]string{"host-1", "", "host-2", "host-2"}[i%4],
		}
		if i%6 != 5 {
			a.HTTP = &storage.HTTP{
				Method: "POST", Route: "/cases/{id}", Path: fmt.Sprintf("/cases/%d", i), Code: 201, Bytes: int64(i),
				Remote: netip.MustParseAddr([...]string{"192.0.2.7", "2001:db8::7", "fe80::1%eth0"}[i%3]), RequestID: fmt.Sprintf("request-%d", i),
			}
		} else {
			a.Action = "createCase"
		}
		if i%4 == 1 {
			a.Status, a.Error = storage.Failed, fmt.Sprintf("case %d: no \"such\" thing\nand more: ünïcode \u2028 <&>", i)
			if a.HTTP != nil {
				a.HTTP.Code, a.HTTP.Outcome = 500, storage.Panic
			}
		}
		if i%3 != 0 {
			a.TraceID = storage.TraceID([]byte(fmt.Sprintf("trace%011d", i)))
			a.SpanID = storage.SpanID([]byte(fmt.Sprintf("span%04d", i%10000)))
		}
		if i%2 == 0 {
			a.Attrs = []storage.Attr{{Key: "case", Value: fmt.Sprint(i)}, {Key: "a.b c", Value: strings.Repeat("x", i%20)}}
		}
		all[i] = a
	}
	return all
}
