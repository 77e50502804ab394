package storage_test

import (
	"strings"
	"testing"

	"actionlog/storage"
)

func TestFoldError(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                   "",
		"connection refused": "connection refused",
		"case 4711 not found after 1.5s (3 of 10)":                           "case <n> not found after <n>s (<n> of <n>)",
		"dial tcp 10.1.2.3:5432: connect: refused":                           "dial tcp <n>: connect: refused",
		`no row "ab12" in 'cases', can't go on`:                              `no row "<s>" in '<s>', can't go on`,
		"trace 4bf92f3577b34da6a3ce929d0e0e4736 lost":                        "trace <id> lost",
		"user 123e4567-e89b-12d3-a456-426614174000 is locked":                "user <id> is locked",
		"user abcdefab-abcd-abcd-abcd-abcdefabcdef is locked":                "user abcdefab-abcd-abcd-abcd-abcdefabcdef is locked",
		"read /var/cases/c-1744/part7: unexpected EOF at 0x1f":               "read /var/cases/c-<n>/part<n>: unexpected EOF at <id>",
		"01hgw2bbgm4y8d0000000000012 is gone, deadbeef01 too, 12345678 more": "<id> is gone, <id> too, <n> more",
	} {
		if got := storage.FoldError(text); got != want {
			t.Errorf("FoldError(%q) = %q; want %q", text, got, want)
		}
	}
	if got := storage.FoldError(strings.Repeat("a 1 ", 10_000)); len(got) > storage.MaxError {
		t.Errorf("a template has %d bytes; allowed are %d", len(got), storage.MaxError)
	}
}

func FuzzFoldError(f *testing.F) {
	for _, s := range []string{"a 'b' c", `x "y`, "1.5s 10.0.0.1:80", "it's 'x'y' z", "123e4567-e89b-12d3-a456-426614174000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := storage.FoldError(text)
		if len(once) > storage.MaxError {
			t.Fatalf("%d bytes", len(once))
		}
		if twice := storage.FoldError(once); twice != once {
			t.Fatalf("%q folds to %q, which folds to %q", text, once, twice)
		}
	})
}
