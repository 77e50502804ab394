package storage

import "time"

// The years of which every nanosecond since 1970 is an int64.
const (
	minSecond = 0          // 1970-01-01T00:00:00Z
	maxSecond = 9214646399 // 2261-12-31T23:59:59Z
)

// appendTime appends RFC 3339 in UTC: no fraction for a whole second, else as
// many digits as it takes, up to nanoseconds.
func appendTime(dst []byte, t time.Time) []byte {
	nanos := t.Nanosecond()
	switch sec := t.Unix(); {
	case sec < minSecond:
		t, nanos = time.Unix(minSecond, 0), 0
	case sec > maxSecond:
		t, nanos = time.Unix(maxSecond, 0), 1e9-1
	}
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = append(dst, "0000-00-00T00:00:00"...)
	b := dst[len(dst)-19:]
	put2(b, 0, year/100)
	put2(b, 2, year%100)
	put2(b, 5, int(month))
	put2(b, 8, day)
	put2(b, 11, hour)
	put2(b, 14, minute)
	put2(b, 17, second)
	if nanos != 0 {
		dst = append(dst, ".000000000"...)
		for i, n := len(dst)-1, nanos; n != 0; i, n = i-1, n/10 {
			dst[i] = byte('0' + n%10)
		}
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return append(dst, 'Z')
}

const digits2 = "00010203040506070809" +
	"10111213141516171819" +
	"20212223242526272829" +
	"30313233343536373839" +
	"40414243444546474849" +
	"50515253545556575859" +
	"60616263646566676869" +
	"70717273747576777879" +
	"80818283848586878889" +
	"90919293949596979899"

// put2 writes v, from 0 to 99, as two digits at b[i].
func put2(b []byte, i, v int) {
	b[i], b[i+1] = digits2[2*v], digits2[2*v+1]
}

// parseTime reads RFC 3339, in capital or small letters, with as many digits
// of a fraction as there are; those after the ninth are dropped. It reports
// false for a moment outside of the years 1970 to 2261.
func parseTime(s string) (time.Time, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10]|0x20 != 't' || s[13] != ':' || s[16] != ':' {
		return time.Time{}, false
	}
	year := 100*number2(s, 0) + number2(s, 2)
	month, day := number2(s, 5), number2(s, 8)
	hour, minute, second := number2(s, 11), number2(s, 14), number2(s, 17)
	if year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return time.Time{}, false
	}
	rest, nanos := s[19:], 0
	if rest[0] == '.' {
		n := 1
		for scale := int(1e8); n < len(rest) && '0' <= rest[n] && rest[n] <= '9'; n, scale = n+1, scale/10 {
			nanos += int(rest[n]-'0') * scale
		}
		if n == 1 {
			return time.Time{}, false
		}
		rest = rest[n:]
	}
	offset, ok := parseZone(rest)
	if !ok {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second-offset, nanos, time.UTC)
	if sec := t.Unix(); sec < minSecond || sec > maxSecond {
		return time.Time{}, false
	}
	return t, true
}

// parseZone reads Z, or hours and minutes east of UTC, as seconds.
func parseZone(s string) (offset int, ok bool) {
	if len(s) == 1 && s[0]|0x20 == 'z' {
		return 0, true
	}
	if len(s) != len("+01:00") || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	hours, minutes := number2(s, 1), number2(s, 4)
	if hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return 0, false
	}
	offset = hours*3600 + minutes*60
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// number2 reads the two digits at s[i], or returns a number below -9,000.
func number2(s string, i int) int {
	hi, lo := s[i]-'0', s[i+1]-'0'
	if hi > 9 || lo > 9 {
		return -1000000
	}
	return int(hi)*10 + int(lo)
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}
