package clickhouse_test

import (
	"strconv"
	"strings"
	"testing"

	"actionlog/storage/clickhouse"
)

// unquote reads a literal as the server does; false if it is none, or more than
// one.
func unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '\'' {
		return "", false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'':
			return b.String(), i == len(s)-1
		case c < 0x20:
			return "", false
		case c != '\\':
			b.WriteByte(c)
		case i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == '\''):
			i++
			b.WriteByte(s[i])
		case i+3 < len(s) && s[i+1] == 'x':
			n, err := strconv.ParseUint(s[i+2:i+4], 16, 8)
			if err != nil {
				return "", false
			}
			i += 3
			b.WriteByte(byte(n))
		default:
			return "", false
		}
	}
	return "", false
}

func FuzzQuoted(f *testing.F) {
	for _, s := range []string{"", "a", "'", `\`, `\'`, "a'b\\c", "\x00\x1f\x7f\x80\xff", "ü 服务", "?", "'); DROP TABLE x --", `\x41`, "\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		literal := clickhouse.Quoted(s)
		if got, ok := unquote(literal); !ok || got != s {
			t.Errorf("%q is written as %s, which is %q, %v", s, literal, got, ok)
		}
	})
}
