package s3

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// profile is what Amazon's files say of one name: AWS_PROFILE, or “default”.
type profile struct {
	name   string
	files  []string // the configuration first, whose values the other's replace
	found  bool
	values map[string]string
}

// readProfile reads the profile that the environment names. Files that are not
// there are empty.
func readProfile(getenv func(string) string) (*profile, error) {
	home := first(getenv("HOME"), getenv("USERPROFILE"))
	p := &profile{name: first(getenv("AWS_PROFILE"), "default"), values: map[string]string{}}
	p.files = []string{
		first(getenv("AWS_CONFIG_FILE"), filepath.Join(home, ".aws", "config")),
		first(getenv("AWS_SHARED_CREDENTIALS_FILE"), filepath.Join(home, ".aws", "credentials")),
	}
	for _, path := range p.files {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = errors.Join(p.read(f), f.Close())
		}
		if err != nil {
			return nil, fmt.Errorf("read the profile %q: %w", p.name, err)
		}
	}
	return p, nil
}

// read adds what lines say in the sections [name] and [profile name]: a key, an
// equals sign, a value. Lines that are indented belong to the key before and
// are passed over, as are comments.
func (p *profile) read(r io.Reader) error {
	inside := false
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		text := strings.TrimSpace(line)
		if text == "" || text[0] == '#' || text[0] == ';' {
			continue
		}
		if name, ok := strings.CutPrefix(text, "["); ok {
			name, _, _ = strings.Cut(name, "]")
			name = strings.TrimSpace(name)
			if rest, ok := strings.CutPrefix(name, "profile"); ok && rest != "" && strings.TrimSpace(rest) != rest {
				name = strings.TrimSpace(rest)
			}
			inside = name == p.name
			p.found = p.found || inside
			continue
		}
		key, value, ok := strings.Cut(text, "=")
		if !inside || !ok || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		value = strings.TrimSpace(value)
		if i := strings.Index(value, " #"); i >= 0 {
			value = strings.TrimSpace(value[:i])
		}
		p.values[strings.ToLower(strings.TrimSpace(key))] = value
	}
	return lines.Err()
}

// profileRegion returns the region of the profile, or nothing.
func profileRegion(getenv func(string) string) string {
	p, err := readProfile(getenv)
	if err != nil {
		return "" // told when credentials are looked for
	}
	return p.values["region"]
}
