package cli

import (
	"unicode"
	"unicode/utf8"
)

// wideRunes are the ranges of characters that terminals show in two cells: those
// that Unicode's East Asian Width (annex 11) calls wide or full, and the emoji
// among them.
var wideRunes = []struct{ first, last rune }{
	{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0xa4cf},
	{0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},
	{0xffe0, 0xffe6}, {0x16fe0, 0x18aff}, {0x1b000, 0x1b2ff}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
	{0x1f900, 0x1faff}, {0x20000, 0x3fffd},
}

// cellsOf returns how many cells of a terminal a character takes.
func cellsOf(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	for _, w := range wideRunes {
		if r <= w.last {
			if r >= w.first {
				return 2
			}
			break
		}
	}
	return 1
}

// cells returns how many cells of a terminal a text takes.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += cellsOf(r)
	}
	return n
}

// cutCells returns as much of s as n cells hold, with a mark where that is not
// all.
func cutCells(s string, n int) string {
	if len(s) <= n || cells(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if used += cellsOf(r); used > n-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// cutRunes returns at most n characters of s.
func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n-1]) + "…"
}
