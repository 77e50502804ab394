package post

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"actionlog/storage"
)

// maxText is the most bytes of what a far side said that become part of an
// error.
const maxText = 600

// Mask returns text for an error: on one line, without the secrets of the
// latest request and all else that looks like one, and not long.
func (c *Client) Mask(text string) string {
	if len(text) > storage.MaxText {
		text = text[:storage.MaxText]
	}
	var pairs []string
	for _, secret := range c.masked() {
		pairs = append(pairs, secret, storage.DefaultMask)
	}
	hide := strings.NewReplacer(pairs...) // which reads no mask again
	text = hide.Replace(text)
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	text = hide.Replace(text) // what stood on two lines is together now
	return storage.Cut(storage.DefaultRedactor().Text(text), maxText)
}

// longSecret is from how many bytes on a part of the URL may be a secret.
const longSecret = 16

// masked returns what no text may hold, the longest first.
func (c *Client) masked() (all []string) {
	add := func(s string, least int) {
		if len(s) >= least {
			quoted := strconv.Quote(s)
			all = append(all, s, url.QueryEscape(s), url.PathEscape(s), quoted[1:len(quoted)-1])
		}
	}
	for _, s := range c.known {
		add(s, 1)
	}
	for part := range strings.SplitSeq(c.base.Path, "/") {
		add(part, longSecret)
	}
	for _, values := range c.base.Query() {
		for _, value := range values {
			add(value, longSecret)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(all)
}

// bare returns err without the URL that net/http puts into its text.
func bare(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}
