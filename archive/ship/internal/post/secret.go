package post

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxSecret is the most bytes that a secret has.
const maxSecret = 64 << 10

// Secret is the place of a secret, not the secret itself. The zero Secret is
// none.
type Secret struct {
	option    string // that named it
	env, file string // one of which is set
}

// ParseSecret reads env:NAME or file:PATH. Its errors don't show source, which
// may be the secret itself. The empty source is the zero Secret.
func ParseSecret(option, source string) (Secret, error) {
	kind, name, _ := strings.Cut(source, ":")
	switch {
	case source == "":
		return Secret{}, nil
	case kind == "env" && name != "":
		return Secret{option: option, env: name}, nil
	case kind == "file" && name != "":
		return Secret{option: option, file: name}, nil
	}
	return Secret{}, fmt.Errorf("option %s has to be env:NAME or file:PATH; it names where the secret is and is not the secret itself", option)
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s == Secret{} }

// Read returns the secret as it is now, without the white space around it.
func (s Secret) Read() (string, error) {
	text, from := "", ""
	switch {
	case s.env != "":
		text, from = os.Getenv(s.env), "the environment variable "+s.env
	case s.file != "":
		var err error
		if text, err = readShort(s.file); err != nil {
			return "", fmt.Errorf("option %s cannot be read: %w", s.option, err)
		}
		from = "the file " + s.file
	default:
		return "", nil
	}
	text = strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF")) // which some editors begin a file with
	if text == "" {
		return "", fmt.Errorf("option %s cannot be read: %s is empty or not there", s.option, from)
	}
	for _, c := range []byte(text) {
		if c < ' ' || c == 0x7f {
			return "", fmt.Errorf("option %s cannot be read: %s holds more than one line, or a control character", s.option, from)
		}
	}
	return text, nil
}

// readShort reads a file that is not long.
func readShort(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err == nil && len(b) > maxSecret {
		err = errors.New(path + " is too long for a secret")
	}
	return string(b), err
}
