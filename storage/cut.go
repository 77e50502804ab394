package storage

import "unicode/utf8"

// ellipsis stands for what was cut off.
const ellipsis = "…"

// Cut returns s, or as much of its start as fits into max bytes together with
// an ellipsis for what is missing. It cuts between runes. A max that is too
// small for the ellipsis cuts without one.
func Cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	if max < len(ellipsis) {
		return s[:runeStart(s, max)]
	}
	return s[:runeStart(s, max-len(ellipsis))] + ellipsis
}

// runeStart returns the greatest offset of at most i that does not split a
// rune of s, which is longer than i.
func runeStart(s string, i int) int {
	if i < 0 {
		return 0
	}
	for back := 0; back < utf8.UTFMax && back <= i; back++ {
		if utf8.RuneStart(s[i-back]) {
			return i - back
		}
	}
	return i
}
