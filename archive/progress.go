package archive

import "os"

// progress tells how far a scan has come. The zero progress tells nobody.
type progress struct {
	tell        func(done, total int64)
	done, total int64
}

// begin adds up how much there is to do, if somebody is to be told.
func (p *progress) begin(a *Archive, sources []source) {
	if p.tell = a.OnProgress; p.tell == nil {
		return
	}
	for i := range sources {
		for _, path := range sources[i].paths {
			if info, err := os.Stat(path); err == nil {
				p.total += info.Size()
				break
			}
		}
	}
	p.tell(0, p.total)
}

// add notes that so many bytes are dealt with.
func (p *progress) add(n int64) {
	if p.tell == nil {
		return
	}
	p.done = min(p.done+n, p.total)
	p.tell(p.done, p.total)
}
