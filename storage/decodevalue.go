package storage

import (
	"net/netip"
	"strings"
	"time"
)

func (d *decoder) status(name string) (Status, error) {
	at := d.i
	s, err := d.text(name, allowedStatus)
	switch {
	case err != nil:
		return "", err
	case s == string(Success):
		return Success, nil
	case s == string(Failed):
		return Failed, nil
	}
	return "", d.refuseAt(at, name, allowedStatus)
}

func (d *decoder) outcome(name string) (Outcome, error) {
	at := d.i
	s, err := d.text(name, allowedOutcome)
	if err != nil {
		return "", err
	}
	if !Outcome(s).valid() {
		return "", d.refuseAt(at, name, allowedOutcome)
	}
	return Outcome(s), nil
}

func (d *decoder) addr(name string) (netip.Addr, error) {
	at := d.i
	s, err := d.text(name, allowedRemote)
	if err != nil || s == "" {
		return netip.Addr{}, err
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}, d.refuseAt(at, name, allowedRemote)
	}
	return addr, nil
}

func (d *decoder) hex(name string, dst []byte, allowed string) error {
	at := d.i
	s, err := d.text(name, allowed)
	if err != nil || s == "" {
		return err
	}
	if !decodeHex(dst, s) || strings.Trim(s, "0") == "" {
		return d.refuseAt(at, name, allowed)
	}
	return nil
}

func (d *decoder) time(name string) (time.Time, error) {
	at := d.i
	s, err := d.text(name, allowedTimestamp)
	if err != nil {
		return time.Time{}, err
	}
	t, ok := parseTime(s)
	if !ok {
		return time.Time{}, d.refuseAt(at, name, allowedTimestamp)
	}
	return t, nil
}

// whole reads an integer from 0 to most.
func (d *decoder) whole(name string, most int64, allowed string) (int64, error) {
	at := d.i
	if !d.number() {
		return 0, d.unexpected(name, allowed)
	}
	var n uint64
	digits := d.s[at:d.i]
	for i := range len(digits) {
		c := digits[i] - '0'
		if c > 9 || i == 19 {
			return 0, d.refuseAt(at, name, allowed)
		}
		n = n*10 + uint64(c)
	}
	if n > uint64(most) {
		return 0, d.refuseAt(at, name, allowed)
	}
	return int64(n), nil
}

// refuseAt returns the error for the value at an offset.
func (d *decoder) refuseAt(at int, name, allowed string) error {
	d.i = at
	return d.unexpected(name, allowed)
}
