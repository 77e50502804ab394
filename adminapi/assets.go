package adminapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"actionlog/adminapi/ui"

	"github.com/uptrace/bunrouter"
)

// pagePolicy is the Content-Security-Policy of the dashboard and what it
// loads: all from here, and no code or style within the page.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

// assetTypes are the types of the files, by extension. What is not here is not
// served.
var assetTypes = map[string]string{
	".html":  "text/html; charset=utf-8",
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".ts":    "application/typescript; charset=utf-8",
	".json":  "application/json",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".woff2": "font/woff2",
}

// indexFile is the dashboard's page, and indexBase the element in it that
// names the folder from which it loads all else.
const (
	indexFile = "index.html"
	indexBase = `<base href="./">`
	noClear   = `<meta name="clear" content="no">` + "\n" // put before it where nothing can be cleared
)

// asset is a file as it is sent.
type asset struct {
	kind    string // Content-Type
	tag     string // ETag of plain, in quotes
	plain   []byte
	zipped  []byte // gzip of plain; nil where that is not smaller
	zipping string // ETag of zipped
}

func newAsset(name string, plain []byte) *asset {
	a := &asset{kind: assetTypes[path.Ext(name)], plain: plain}
	sum := sha256.Sum256(plain)
	tag := base64.RawURLEncoding.EncodeToString(sum[:12])
	a.tag, a.zipping = `"`+tag+`"`, `"`+tag+`-gzip"`
	return a
}

// zip adds the compressed form.
func (a *asset) zip() {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid one
	_, _ = z.Write(a.plain)                               // a buffer takes everything
	_ = z.Close()
	if b.Len() < len(a.plain) {
		a.zipped = b.Bytes()
	}
}

// assets are the embedded files by name, compressed when the first of them is
// asked for.
var assets = sync.OnceValues(func() (map[string]*asset, error) {
	files := make(map[string]*asset)
	err := fs.WalkDir(ui.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || assetTypes[path.Ext(name)] == "" {
			return err
		}
		content, err := fs.ReadFile(ui.Files(), name)
		if err != nil {
			return err
		}
		files[name] = newAsset(name, content)
		if name != indexFile {
			files[name].zip()
		}
		return nil
	})
	return files, err
})

// front answers GET on the base path: with the dashboard, or with the list of
// endpoints to a program that says it wants JSON.
func (h *Handler) front(w http.ResponseWriter, req bunrouter.Request) error {
	w.Header().Add("Vary", "Accept")
	if accept := strings.Join(req.Header["Accept"], ","); strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html") {
		return h.index(w, req)
	}
	files, err := assets()
	if err != nil {
		return err
	}
	base := `<base href="` + html.EscapeString(baseHref(req.Request)) + `">`
	if h.opts.ReadOnly || h.clearer == nil {
		base = noClear + base
	}
	newAsset(indexFile, bytes.Replace(files[indexFile].plain, []byte(indexBase), []byte(base), 1)).serve(w, req.Request)
	return nil
}

// baseHref returns the folder of the endpoints, relative to what the client
// asked for. Neither a mux that strips a prefix nor a proxy that replaces one
// by a path that ends in a slash as its own does make it wrong.
func baseHref(r *http.Request) string {
	target, _, _ := strings.Cut(r.RequestURI, "?")
	last := target[strings.LastIndexByte(target, '/')+1:]
	if last == "" {
		return "./"
	}
	return "./" + last + "/"
}

// ownAddress are the files that have an address beside those of the endpoints,
// and no second one below ui/: a module that a browser loads from two
// addresses runs twice.
var ownAddress = map[string]bool{indexFile: true, "client.js": true, "client.d.ts": true}

// file serves an embedded file that has an address of its own.
func (h *Handler) file(name string) bunrouter.HandlerFunc {
	return func(w http.ResponseWriter, req bunrouter.Request) error {
		files, err := assets()
		if err != nil {
			return err
		}
		files[name].serve(w, req.Request)
		return nil
	}
}

// uiFile serves what the dashboard is made of.
func (h *Handler) uiFile(w http.ResponseWriter, req bunrouter.Request) error {
	files, err := assets()
	if err != nil {
		return err
	}
	name := req.Param("file")
	a := files[name]
	if a == nil || ownAddress[name] {
		return &Error{Status: http.StatusNotFound, Detail: fmt.Sprintf("there is no file %q; GET %s/ is the page that knows those that there are", shorten(name), h.opts.BasePath)}
	}
	a.serve(w, req.Request)
	return nil
}

// serve answers with the file, or with 304 where the client has it.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("Content-Security-Policy", pagePolicy)
	body, tag := a.plain, a.tag
	if a.zipped != nil {
		header.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header["Accept-Encoding"]) {
			body, tag = a.zipped, a.zipping
		}
	}
	header.Set("ETag", tag)
	if given := strings.Join(r.Header["If-None-Match"], ","); given != "" && (tagListed(given, a.tag) || tagListed(given, a.zipping)) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", a.kind)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if tag == a.zipping {
		header.Set("Content-Encoding", "gzip")
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // that the client may be gone is not an error of ours
}

// tagListed reports whether an If-None-Match holds a tag, weakly compared. Our
// tags hold no comma.
func tagListed(given, tag string) bool {
	for entry := range strings.SplitSeq(given, ",") {
		entry = strings.Trim(entry, " \t")
		if entry == "*" || strings.TrimPrefix(entry, "W/") == tag {
			return true
		}
	}
	return false
}

// acceptsGzip reports whether an Accept-Encoding allows gzip: by name, or by
// "*" where the name is not there, and not with a weight of zero.
func acceptsGzip(values []string) bool {
	allowed, named := false, false
	for entry := range strings.SplitSeq(strings.Join(values, ","), ",") {
		coding, params, _ := strings.Cut(entry, ";")
		coding = strings.ToLower(strings.Trim(coding, " \t"))
		if coding != "gzip" && coding != "x-gzip" && (coding != "*" || named) {
			continue
		}
		named = named || coding != "*"
		allowed = !zeroWeight(params)
	}
	return allowed
}

// zeroWeight reports whether a parameter such as "q=0.0" is zero.
func zeroWeight(params string) bool {
	_, weight, ok := strings.Cut(strings.ToLower(strings.Trim(params, " \t")), "q=")
	if !ok {
		return false
	}
	q, err := strconv.ParseFloat(strings.Trim(weight, " \t"), 64)
	return err == nil && q == 0
}
