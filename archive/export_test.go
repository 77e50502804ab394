package archive

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"actionlog/storage"
)

// ErrShort makes a write of Faults put half of its bytes down before it fails.
var ErrShort = errors.New("injected short write")

// ErrSilent makes a write put half of its bytes down and say so without an
// error, as an io.WriterAt should not.
var ErrSilent = errors.New("injected silent short write")

// Faults is the disk, but each call is put to Hook first: an error of it is the
// call's, and the disk is not touched.
type Faults struct {
	mu   sync.Mutex
	hook func(op, base string) error
	room func() int64
}

// SetFree sets what the disk says of its free space; nil asks the real one.
func (f *Faults) SetFree(free func() int64) { f.room = free }

// SetHook sets what each call is put to. It may be set while the disk is used.
func (f *Faults) SetHook(hook func(op, base string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = hook
}

// WithFaults returns options that write through f.
func (o Options) WithFaults(f *Faults) Options {
	o.fs = f
	return o
}

func (f *Faults) ask(op, path string) error {
	f.mu.Lock()
	hook := f.hook
	f.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(op, filepath.Base(path))
}

// under runs do unless the hook has an error.
func under[T any](f *Faults, op, path string, do func() (T, error)) (T, error) {
	if err := f.ask(op, path); err != nil {
		var none T
		return none, err
	}
	return do()
}

func (f *Faults) just(op, path string, do func() error) error {
	_, err := under(f, op, path, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

func (f *Faults) mkdirAll(dir string) error {
	return f.just("mkdir", dir, func() error { return disk{}.mkdirAll(dir) })
}

func (f *Faults) readDir(dir string) ([]fs.DirEntry, error) {
	return under(f, "readdir", dir, func() ([]fs.DirEntry, error) { return disk{}.readDir(dir) })
}

func (f *Faults) lstat(path string) (fs.FileInfo, error) {
	return under(f, "lstat", path, func() (fs.FileInfo, error) { return disk{}.lstat(path) })
}

func (f *Faults) open(path string, flag int) (file, error) {
	return under(f, "open", path, func() (file, error) {
		real, err := disk{}.open(path, flag)
		if err != nil {
			return nil, err
		}
		return &faultyFile{file: real, faults: f, path: path}, nil
	})
}

func (f *Faults) link(from, to string) error {
	return f.just("link", to, func() error { return disk{}.link(from, to) })
}

func (f *Faults) rename(from, to string) error {
	return f.just("rename", to, func() error { return disk{}.rename(from, to) })
}

func (f *Faults) remove(path string) error {
	return f.just("remove", path, func() error { return disk{}.remove(path) })
}

func (f *Faults) syncDir(dir string) error {
	return f.just("syncdir", dir, func() error { return disk{}.syncDir(dir) })
}

func (f *Faults) free(dir string) (int64, error) {
	return under(f, "free", dir, func() (int64, error) {
		if f.room != nil {
			return f.room(), nil
		}
		return disk{}.free(dir)
	})
}

func (f *Faults) tryLock(path string) (l fileLock, ok bool, err error) {
	if err := f.ask("lock", path); err != nil {
		return nil, false, err
	}
	l, ok, err = disk{}.tryLock(path)
	if l != nil {
		l = faultyLock{l, f, path}
	}
	return l, ok, err
}

type faultyLock struct {
	fileLock
	faults *Faults
	path   string
}

func (l faultyLock) Unlock() error {
	// The lock goes in any case: a test that goes on needs it.
	return errors.Join(l.faults.ask("unlock", l.path), l.fileLock.Unlock())
}

type faultyFile struct {
	file
	faults *Faults
	path   string
}

func (f *faultyFile) ReadAt(b []byte, off int64) (int, error) {
	return under(f.faults, "read", f.path, func() (int, error) { return f.file.ReadAt(b, off) })
}

func (f *faultyFile) WriteAt(b []byte, off int64) (int, error) {
	err := f.faults.ask("write", f.path)
	switch {
	case errors.Is(err, ErrSilent):
		return f.file.WriteAt(b[:len(b)/2], off)
	case errors.Is(err, ErrShort):
		n, _ := f.file.WriteAt(b[:len(b)/2], off)
		return n, err
	case err != nil:
		return 0, err
	}
	return f.file.WriteAt(b, off)
}

func (f *faultyFile) Truncate(size int64) error {
	return f.faults.just("truncate", f.path, func() error { return f.file.Truncate(size) })
}

func (f *faultyFile) Sync() error { return f.faults.just("fsync", f.path, f.file.Sync) }

func (f *faultyFile) Stat() (fs.FileInfo, error) {
	return under(f.faults, "stat", f.path, f.file.Stat)
}

func (f *faultyFile) Close() error {
	// Closed in any case, so that no descriptor is left.
	return errors.Join(f.faults.ask("close", f.path), f.file.Close())
}

// Period returns the day by which at is filed, and when the next file begins.
func Period(r Rotation, at time.Time, loc *time.Location) (Day, time.Time) {
	return r.day(at, loc), r.next(at, loc)
}

// Pack returns text as sealing packs it.
func Pack(text []byte) ([]byte, error) {
	var sealed []byte
	var p packer
	for piece, err := range pieces(bytes.NewReader(text)) {
		if err != nil {
			return nil, err
		}
		member, _, err := p.pack(piece.text)
		if err != nil {
			return nil, err
		}
		sealed = append(sealed, member...)
	}
	return sealed, nil
}

// Member is a member of a sealed file.
type Member struct {
	Text     []byte
	Lines    int
	From, To time.Time
}

// Members hops through a sealed file.
func Members(sealed []byte) ([]Member, error) {
	var list []Member
	for len(sealed) > 0 {
		m, ok := parseMember(sealed)
		if !ok || m.packed > int64(len(sealed)) {
			return nil, errors.New("not a member of ours")
		}
		u := unpacker{packed: sealed[:m.packed]}
		if err := u.inflate(m.plain); err != nil {
			return nil, err
		}
		list = append(list, Member{u.plain, m.lines, time.Unix(0, m.times.min), time.Unix(0, m.times.max)})
		sealed = sealed[m.packed:]
	}
	return list, nil
}

// LockFolder and LockSealing take a lock of a folder as another process would.
func LockFolder(dir string) (unlock func() error, err error) { return lockFile(dir, folderLockName) }

// LockSealing takes the lock of who seals.
func LockSealing(dir string) (unlock func() error, err error) { return lockFile(dir, sealLockName) }

func lockFile(dir, base string) (unlock func() error, err error) {
	l, ok, err := disk{}.tryLock(filepath.Join(dir, base))
	if err != nil || !ok {
		return nil, errors.Join(err, errors.New("not locked"))
	}
	return l.Unlock, nil
}

// LineTime returns the moment of a line as the quick look tells it.
func LineTime(line []byte) (ns int64, ok bool) { return fastTime(line) }

// ForgeIndex returns an index with its checksums made right again, also those
// within sections that are read in parts.
func ForgeIndex(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) < indexHead {
		return b
	}
	part := func(n int) []byte {
		entry := b[32+n*sectionLen:]
		off, size := binary.LittleEndian.Uint64(entry), binary.LittleEndian.Uint64(entry[8:])
		if off > uint64(len(b)) || size > uint64(len(b))-off {
			return nil
		}
		return b[off : off+size]
	}
	rolls := part(sectionHourRolls)
	for h := part(sectionHours); len(h) >= hourLen; h = h[hourLen:] {
		off, size := binary.LittleEndian.Uint64(h[8:]), uint64(binary.LittleEndian.Uint32(h[16:]))
		if off <= uint64(len(rolls)) && size <= uint64(len(rolls))-off {
			binary.LittleEndian.PutUint32(h[20:], checksum(rolls[off:off+size]))
		}
	}
	failed := part(sectionFailed)
	for l := part(sectionLane); len(l) >= laneLen; l = l[laneLen:] {
		size := min(int(binary.LittleEndian.Uint32(l)), len(failed))
		binary.LittleEndian.PutUint32(l[24:], checksum(failed[:size]))
		failed = failed[size:]
	}
	members := int(binary.LittleEndian.Uint32(b[24:]))
	for f := part(sectionFilter); len(f) >= filterHead && members > 0; members -= filterGroup {
		putChecksum(f[:filterHead])
		shape := shapeOf(int(binary.LittleEndian.Uint32(f)), 1, min(members, filterGroup))
		f = f[filterHead:]
		for blocks := (shape.rows + shape.perBlock - 1) / shape.perBlock; blocks > 0 && len(f) >= shape.blockLen(); blocks-- {
			putChecksum(f[:shape.blockLen()])
			f = f[shape.blockLen():]
		}
	}
	for i := range sectionCount {
		binary.LittleEndian.PutUint32(b[32+i*sectionLen+16:], checksum(part(i)))
	}
	putChecksum(b[:indexHead])
	return b
}

// SectionSize is how many bytes a part of an index has.
type SectionSize struct {
	Name string
	Size int
}

// IndexParts returns where the head and each part of an index begin.
func IndexParts(b []byte) (list []uint32) {
	list = append(list, 0)
	for i := range sectionCount {
		list = append(list, uint32(binary.LittleEndian.Uint64(b[32+i*sectionLen:])))
	}
	return list
}

// IndexSizes returns the sizes of the parts of an index.
func IndexSizes(b []byte) (list []SectionSize) {
	for i, name := range sectionTitles {
		list = append(list, SectionSize{name, int(binary.LittleEndian.Uint64(b[32+i*sectionLen+8:]))})
	}
	return list
}

var sectionTitles = [sectionCount]string{"names", "members", "rolls", "errors", "hours", "lane", "filter", "hour rolls", "hour errors", "failed"}

// IndexText returns the index of a text, as if its members were as long packed
// as they are plain; slow lets every line be decoded.
func IndexText(text []byte, slow bool) ([]byte, error) {
	x := newIndexer()
	x.slow = slow
	for piece, err := range pieces(bytes.NewReader(text)) {
		if err == nil {
			err = x.read(piece.text)
		}
		if err != nil {
			return nil, err
		}
		x.place(memberInfo{packed: piece.size, plain: piece.size})
	}
	return x.file(x.off, [8]byte{})
}

// CheckIndex reports whether a sealed file has an index that would be used.
func CheckIndex(path string) error {
	t, err := openText(context.Background(), &source{paths: []string{path}, stem: "x"})
	if err != nil {
		return err
	}
	defer t.close()
	x, err := openIndex(t)
	if err != nil {
		return err
	}
	x.close()
	return nil
}

// QuickLine reports whether a line is read for an index without being decoded,
// and what is read of it.
func QuickLine(line string) (storage.Action, bool) {
	var l lineScanner
	ok := l.scan([]byte(line), line)
	return l.a, ok
}
