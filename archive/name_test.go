package archive_test

import (
	"path/filepath"
	"testing"

	"actionlog/archive"
)

func TestParseName(t *testing.T) {
	t.Parallel()
	day := archive.Day(2026_11_22)
	for base, want := range map[string]archive.Name{
		"actions-2026-11-22.jsonl":           {Day: day, Seq: 1, Kind: archive.Plain},
		"actions-2026-11-22.2.jsonl":         {Day: day, Seq: 2, Kind: archive.Plain},
		"actions-2026-11-22.999999999.jsonl": {Day: day, Seq: 999_999_999, Kind: archive.Plain},
		"actions-2026-11-22.jsonl.gz":        {Day: day, Seq: 1, Kind: archive.Sealed},
		"actions-2026-11-22.10.jsonl.gz":     {Day: day, Seq: 10, Kind: archive.Sealed},
		"actions-2026-11-22.jsonl.torn":      {Day: day, Seq: 1, Kind: archive.Torn},
		"actions-2026-11-22.3.jsonl.gz.bad":  {Day: day, Seq: 3, Kind: archive.SetAside},
		".actions-2026-11-22.jsonl.lock":     {Day: day, Seq: 1, Kind: archive.Lock},
		".actions-2026-11-22.4.jsonl.tmp":    {Day: day, Seq: 4, Kind: archive.Draft},
		".actions-2026-11-22.jsonl.gz.tmp":   {Day: day, Seq: 1, Kind: archive.SealDraft},
		"actions-2024-02-29.jsonl":           {Day: 2024_02_29, Seq: 1, Kind: archive.Plain},
		"actions-0001-01-01.jsonl":           {Day: 1_01_01, Seq: 1, Kind: archive.Plain},
		"actions-9999-12-31.jsonl":           {Day: 9999_12_31, Seq: 1, Kind: archive.Plain},
	} {
		got, ok := archive.ParseName(base)
		if !ok || got != want {
			t.Errorf("ParseName(%q) = %+v, %v; want %+v", base, got, ok, want)
		}
		if got.String() != base {
			t.Errorf("%+v.String() = %q; want %q", got, got, base)
		}
	}
}

func TestParseNameRefuses(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", ".", "actions", "actions-.jsonl", "actions-2026-11-22", "actions-2026-11-22.json", "actions-2026-11-22.jsonl.gz.tmp",
		"actions-2026-02-29.jsonl", "actions-2026-13-01.jsonl", "actions-0000-01-01.jsonl", "actions-2026-1-22.jsonl",
		"actions-26-11-22.jsonl", "actions-+026-11-22.jsonl", "actions-2026-11-22 .jsonl", " actions-2026-11-22.jsonl",
		"actions-2026-11-22.0.jsonl", "actions-2026-11-22.1.jsonl", "actions-2026-11-22.02.jsonl", "actions-2026-11-22.-2.jsonl",
		"actions-2026-11-22.+2.jsonl", "actions-2026-11-22.2.2.jsonl", "actions-2026-11-22..jsonl", "actions-2026-11-22.x.jsonl",
		"actions-2026-11-22.1000000000.jsonl", "actions-2026-11-22.99999999999999999999.jsonl", "Actions-2026-11-22.jsonl",
		"actions-2026-11-22.jsonl.GZ", "actions-2026-11-22.jsonl\n", "actions-2026-11-22.jsonl/", "../actions-2026-11-22.jsonl",
		".actions.lock", ".actions-seal.lock", ".actions-2026-11-22.jsonl", "actions-2026-11-22.jsonl.lock", "actions-٢٠٢٦-11-22.jsonl",
	} {
		if got, ok := archive.ParseName(base); ok {
			t.Errorf("ParseName(%q) = %+v; want it refused", base, got)
		}
	}
}

// TestHiddenNames checks that no pattern for the data matches a lock or a
// draft.
func TestHiddenNames(t *testing.T) {
	t.Parallel()
	for kind := archive.Torn; kind <= archive.SealDraft; kind++ {
		for _, seq := range []int{1, 2} {
			base := archive.Name{Day: 2026_11_22, Seq: seq, Kind: kind}.String()
			for _, pattern := range []string{"*.jsonl", "*.jsonl.gz", "*.gz"} {
				if ok, _ := filepath.Match(pattern, base); ok {
					t.Errorf("%s matches %s", pattern, base)
				}
			}
		}
	}
}

func TestNameOrder(t *testing.T) {
	t.Parallel()
	inOrder := []string{
		"actions-2026-11-21.9.jsonl", "actions-2026-11-22.jsonl", "actions-2026-11-22.jsonl.gz", "actions-2026-11-22.2.jsonl.gz",
		"actions-2026-11-22.10.jsonl", "actions-2026-12-01.jsonl",
	}
	for i := 1; i < len(inOrder); i++ {
		x, _ := archive.ParseName(inOrder[i-1])
		y, _ := archive.ParseName(inOrder[i])
		if x.Compare(y) >= 0 || y.Compare(x) <= 0 || x.Compare(x) != 0 {
			t.Errorf("%s does not come before %s", x, y)
		}
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("actions-2026-11-22.jsonl")
	f.Add("actions-2026-11-22.17.jsonl.gz")
	f.Add(".actions-2026-11-22.2.jsonl.gz.tmp")
	f.Add("actions-2026-11-22.007.jsonl.gz.bad")
	f.Fuzz(func(t *testing.T, base string) {
		n, ok := archive.ParseName(base)
		if ok && n.String() != base {
			t.Fatalf("%q was read as %+v, which is written %q", base, n, n)
		}
		if ok && (n.Seq < 1 || n.Day <= 0 || filepath.Base(base) != base) {
			t.Fatalf("%q was read as %+v", base, n)
		}
	})
}
