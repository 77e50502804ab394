// Package inflate unpacks DEFLATE (RFC 1951), and members of gzip (RFC 1952)
// around it, whose packed and plain bytes are both whole in memory.
//
//	var d inflate.Decoder // one a goroutine, used again
//	plain := make([]byte, plainLen)
//	n, read, err := d.Member(plain, packed)
//
// Knowing where both ends are is what makes it fast: the text unpacked so far is
// the window that matches refer to, nothing is kept between calls, and far from
// the ends one comparison an iteration says that there is room for all that the
// iteration can read and write.
//
// A [Reader] does the same with members of any length as they come from an
// [io.Reader], by the same loop: it holds the window, a megabyte of room behind
// it, and enough of the input that only its very end is near an end.
//
// # What is accepted
//
// Any input is safe. A stream is accepted if and only if compress/flate accepts
// it, with the same text. Both are stricter than RFC 1951 in some places and than
// zlib in others:
//
//   - A code must be complete, or empty, or a single code of one bit; this holds
//     for the codes of literals, of distances and of code lengths alike. A code
//     that is empty, and the unused half of a single one, are errors once the data
//     uses them.
//   - A block's own code has at most 286 literals and lengths, and 30 distances.
//     The symbols beyond, which the fixed code has room for, are errors when used.
//   - The code for the end of a block need not exist; the data then cannot end.
//   - Whether bits after the last block are zero is not looked at.
//
// A header of gzip must have the method 8, none of the reserved flags, which
// RFC 1952 asks to refuse and compress/gzip ignores, and the right checksum if it
// has one. Names and comments may have any length.
//
// # How it is safe
//
// There is no unsafe code: each access is an index or a slice that the compiler
// checks unless it has proven it, so the worst that a mistake here could do is to
// panic. That costs 3 % at most of what the same loop gains without checks. Words
// are loaded by encoding/binary, so the byte order of the machine does not matter.
package inflate
