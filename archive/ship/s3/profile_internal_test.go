package s3

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProfile holds how Amazon's files are read.
func TestProfile(t *testing.T) {
	t.Parallel()
	const text = `
[default]
region=us-west-2
  region = nested
; comment
[profile  work ] # mine
region = eu-central-1 # near
AWS_Access_Key_ID=AK=
s3 =
  max_concurrent_requests = 20
[ work ]
aws_secret_access_key = a b
[profile]
region = none
[profilework]
region = none`
	for name, want := range map[string]map[string]string{
		"default": {"region": "us-west-2"},
		"work":    {"region": "eu-central-1", "aws_access_key_id": "AK=", "s3": "", "aws_secret_access_key": "a b"},
		"other":   {},
	} {
		p := &profile{name: name, values: map[string]string{}}
		if err := p.read(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, p.values); diff != "" || p.found != (len(want) > 0) {
			t.Errorf("%s: found is %t; %s", name, p.found, diff)
		}
	}
}

// FuzzProfile holds that no text is too much, and that values are of one line.
func FuzzProfile(f *testing.F) {
	f.Add("[default]\nregion = x\n", "default")
	f.Add("[profile a]\n=\n[", "a")
	f.Fuzz(func(t *testing.T, text, name string) {
		p := &profile{name: name, values: map[string]string{}}
		if err := p.read(strings.NewReader(text)); err != nil {
			return
		}
		for key, value := range p.values {
			if strings.ContainsAny(key+value, "\n") || strings.TrimSpace(key) != key || strings.TrimSpace(value) != value {
				t.Errorf("%q is %q", key, value)
			}
		}
		if len(p.values) > 0 && !p.found {
			t.Error("values of a profile that was not found")
		}
	})
}

// FuzzPlace holds that a place that is taken names a bucket, and its own URL.
func FuzzPlace(f *testing.F) {
	for _, place := range []string{"s3://backups", "s3://backups/a/b/", "s3://b/../c", "s3:///"} {
		f.Add(place)
	}
	f.Fuzz(func(t *testing.T, place string) {
		name, prefix, err := parsePlace(place)
		if err != nil {
			return
		}
		b := &Bucket{name: name, prefix: prefix}
		again, rest, err := parsePlace(b.String())
		if err != nil || again != name || rest != prefix || strings.Contains(prefix, "//") || strings.Contains(name, "/") {
			t.Errorf("%q is %q and %q, then %q and %q: %v", place, name, prefix, again, rest, err)
		}
	})
}

// TestDigest compares with checksums of the whole that are made in one go.
func TestDigest(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 1000)
	for _, size := range []int{0, 1, 7, 8, 9, 16, 10_000} {
		for _, partSize := range []int{8, 10_000} {
			b := []byte(text[:size])
			d, err := digestOf(t.Context(), strings.NewReader(text), int64(size), int64(partSize))
			if err != nil {
				t.Fatal(err)
			}
			var shas, md5s []byte
			n := 0
			for off := 0; off < size || off == 0; off += partSize {
				part := b[off:min(off+partSize, size)]
				s, m := sha256.Sum256(part), md5.Sum(part)
				shas, md5s = append(shas, s[:]...), append(md5s, m[:]...)
				if got := d.parts[n]; got.off != int64(off) || got.size != int64(len(part)) || got.sha != s || got.md5 != m {
					t.Errorf("part %d of %d: %+v", n, size, got)
				}
				n++
			}
			sum, sums, etags := sha256.Sum256(b), sha256.Sum256(shas), md5.Sum(md5s)
			want := []string{
				base64.StdEncoding.EncodeToString(sum[:]),
				fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(sums[:]), n),
				fmt.Sprintf("%s-%d", hex.EncodeToString(etags[:]), n),
			}
			if diff := cmp.Diff(want, []string{d.sha256(false), d.sha256(true), d.etag(true)}); diff != "" || len(d.parts) != n || d.size != int64(size) {
				t.Errorf("%d in parts of %d: %s", size, partSize, diff)
			}
		}
	}
	if _, err := digestOf(t.Context(), strings.NewReader(text), 20_000, 8); err == nil {
		t.Error("a file that is shorter than it should be is read to its end")
	}
}

// TestPartSize holds that no file has too many parts.
func TestPartSize(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{0, 1, minPartSize * maxParts, minPartSize*maxParts + 1, 5 << 40} {
		got := partSizeFor(size, minPartSize)
		if got < minPartSize || got > maxPartSize || (size+got-1)/got > maxParts || got > minPartSize && got%(1<<20) != 0 {
			t.Errorf("parts of %d bytes are of %d", size, got)
		}
	}
}

// TestCompare holds what a server's checksums decide.
func TestCompare(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 10)
	whole, _ := digestOf(t.Context(), strings.NewReader(text), 100, 1000)
	parts, _ := digestOf(t.Context(), strings.NewReader(text), 100, 30)
	for name, c := range map[string]struct {
		o           object
		d           *digest
		same, known bool
	}{
		"sha-of-all":           {object{sha256: whole.sha256(false)}, whole, true, true},
		"sha-of-all-in-parts":  {object{sha256: whole.sha256(false)}, parts, true, true},
		"another-sha":          {object{sha256: "AAAA", etag: whole.etag(false)}, whole, false, true},
		"sha-of-parts":         {object{sha256: parts.sha256(true)}, parts, true, true},
		"another-of-parts":     {object{sha256: "AAAA-4", partSize: 30}, parts, false, true},
		"of-other-parts":       {object{sha256: "AAAA-7", partSize: 30}, parts, false, false},
		"of-unknown-parts":     {object{sha256: "AAAA-4"}, parts, false, false},
		"etag":                 {object{etag: whole.etag(false)}, whole, true, true},
		"etag-of-parts":        {object{etag: parts.etag(true)}, parts, true, true},
		"etag-of-all-in-parts": {object{etag: whole.etag(false)}, parts, false, false},
		"another-etag":         {object{etag: "0123"}, whole, false, false},
		"nothing":              {object{}, whole, false, false},
	} {
		if same, known := c.o.compare(c.d); same != c.same || known != c.known {
			t.Errorf("%s: same is %t, known is %t", name, same, known)
		}
	}
}
