package sqlite

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"actionlog/storage"
)

// An id is kept in a shorter form, whose bytes order as the id's do. An id of
// this module, 17 characters of its process and 10 of its number, becomes
//
//	process  11 bytes: the bits 100, and five for each character
//	length   1 byte, of the number
//	number   0 to 7 bytes, big-endian, without leading zeros
//
// Any other id is kept as it is, behind the form of the greatest id of this
// module that is less; where there is none, behind a zero byte.
const (
	processChars = 17
	numberChars  = 10
	idChars      = processChars + numberChars
	processBytes = 11
	processMark  = 0x80

	alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
)

var digits = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i := range len(alphabet) {
		t[alphabet[i]] = int8(i)
	}
	return t
}()

var errKey = errors.New("is not the form of an action's id")

// idDigits are the values of the characters of an id of this module.
type idDigits [idChars]int8

// appendKey appends the short form of an id.
func appendKey(dst []byte, id storage.ID) []byte {
	var d idDigits
	switch n := d.read(string(id)); {
	case n == idChars && len(id) == idChars:
		return d.appendKey(dst)
	case n == idChars || d.before(string(id), n):
		return append(d.appendKey(dst), id...)
	}
	return append(append(dst, 0), id...)
}

// read reads characters up to one that is no digit, and returns how many.
func (d *idDigits) read(id string) int {
	for i := range d {
		if i == len(id) || digits[id[i]] < 0 {
			return i
		}
		d[i] = digits[id[i]]
	}
	return idChars
}

// before makes d the greatest that is less than id, of which n characters, all
// that are digits, have been read. It reports false if there is none.
func (d *idDigits) before(id string, n int) bool {
	if n < len(id) {
		for v := len(alphabet) - 1; v >= 0; v-- {
			if alphabet[v] < id[n] {
				d[n] = int8(v)
				d.fill(n + 1)
				return true
			}
		}
	}
	for n--; n >= 0; n-- {
		if d[n] > 0 {
			d[n]--
			d.fill(n + 1)
			return true
		}
	}
	return false
}

// fill makes all from n on as great as can be.
func (d *idDigits) fill(n int) {
	for ; n < idChars; n++ {
		d[n] = int8(len(alphabet) - 1)
	}
}

func (d *idDigits) appendKey(dst []byte) []byte {
	acc, held := uint64(processMark>>5), 3 // bits not yet written
	for _, v := range d[:processChars] {
		acc, held = acc<<5|uint64(v), held+5
		for held >= 8 {
			held -= 8
			dst = append(dst, byte(acc>>held))
		}
	}
	var number uint64
	for _, v := range d[processChars:] {
		number = number<<5 | uint64(v)
	}
	size := (bits.Len64(number) + 7) / 8
	dst = append(dst, byte(size))
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], number)
	return append(dst, b[8-size:]...)
}

// parseKey reads what appendKey wrote.
func parseKey(key []byte) (storage.ID, error) {
	if len(key) > 0 && key[0] == 0 {
		return storage.ID(key[1:]), nil
	}
	if len(key) <= processBytes || key[0]&0xe0 != processMark {
		return "", errKey
	}
	size := int(key[processBytes])
	end := processBytes + 1 + size
	if size > 7 || end > len(key) {
		return "", errKey
	}
	if end < len(key) {
		return storage.ID(key[end:]), nil
	}
	var id [idChars]byte
	acc, held := uint64(key[0]&0x1f), 5
	next := 1
	for i := range processChars {
		if held < 5 {
			acc, held = acc<<8|uint64(key[next]), held+8
			next++
		}
		held -= 5
		id[i] = alphabet[acc>>held&31]
	}
	var number uint64
	for _, c := range key[processBytes+1:] {
		number = number<<8 | uint64(c)
	}
	for i := idChars - 1; i >= processChars; i-- {
		id[i] = alphabet[number&31]
		number >>= 5
	}
	return storage.ID(id[:]), nil
}
