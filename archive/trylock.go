package archive

import "fmt"

// TryLock takes the lock that the file path stands for, as the locks of an
// archive are taken, for what must run only once beside one, such as a delivery.
// The file is made if it is not there, and stays. ok is false if another holds
// the lock, in this process or in another; the system drops the lock of a
// process that dies. release gives it back.
func TryLock(path string) (release func() error, ok bool, err error) {
	l, ok, err := disk{}.tryLock(path)
	if err != nil {
		return nil, false, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		return nil, false, nil
	}
	return l.Unlock, true, nil
}
