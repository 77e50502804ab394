package clickhouse

import (
	"fmt"
	"strconv"
	"strings"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"
)

// sqlText is an argument that is SQL already.
type sqlText string

// bind returns SQL with its arguments in the places of the question marks. The
// native protocol of old servers has no parameters, so that values are literals,
// made here and nowhere else.
func bind(sql string, args ...any) string {
	if len(args) == 0 {
		return sql
	}
	var b strings.Builder
	for _, arg := range args {
		before, after, _ := strings.Cut(sql, "?")
		b.WriteString(before)
		appendLiteral(&b, arg)
		sql = after
	}
	b.WriteString(sql)
	return b.String()
}

func appendLiteral(b *strings.Builder, arg any) {
	switch v := arg.(type) {
	case sqlText:
		b.WriteString(string(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case string:
		appendQuoted(b, v)
	default:
		panic(fmt.Sprintf("clickhouse: an argument of the type %T", arg)) // a mistake of this package
	}
}

// appendQuoted appends a string literal that means s, byte by byte.
func appendQuoted(b *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	b.WriteByte('\'')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c == 0x7f:
			b.WriteString(`\x`)
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
}

// quoted returns a string literal.
func quoted(s string) string {
	var b strings.Builder
	appendQuoted(&b, s)
	return b.String()
}

// dialect is what ClickHouse does its own way.
type dialect struct{}

func (dialect) ID(id storage.ID) any { return string(id) }

func (dialect) TraceID(t storage.TraceID) any {
	return sqlText("toFixedString(unhex('" + t.String() + "'), 16)")
}

func (dialect) RequestID(id string) sqlquery.Cond {
	return sqlquery.Cond{SQL: "http_code >= 0 AND request_id = ?", Args: []any{id}}
}

// Text compares bytes; lower folds ASCII alone.
func (dialect) Text(text string) sqlquery.Cond {
	lower := foldASCII(text)
	var c sqlquery.Cond
	for i, column := range []string{"error", "action", "service", "http_route", "request_id"} {
		if i > 0 {
			c.SQL += " OR "
		}
		c.SQL += "position(lower(" + column + "), ?) > 0"
		c.Args = append(c.Args, lower)
	}
	c.SQL = "(" + c.SQL + ")"
	return c
}

// foldASCII returns s with its ASCII letters in lower case.
func foldASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// condSQL returns conditions as SQL behind a WHERE, or "" if there are none.
func condSQL(conds []sqlquery.Cond) string {
	c := sqlquery.Clause{Conds: conds}
	return bind(c.WhereSQL(), c.Args()...)
}
