package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/swaggest/swgui/v5/static"
)

// Options say what the page shows.
type Options struct {
	// Title is what the page is called. The default is Action logs.
	Title string

	// Description is the URL of the OpenAPI description, relative to the folder
	// that the page is the name of. The default is ../openapi.json, which is
	// where the admin API has it if the page is its /docs.
	Description string
}

func (o Options) withDefaults() Options {
	if o.Title == "" {
		o.Title = "Action logs"
	}
	if o.Description == "" {
		o.Description = "../openapi.json"
	}
	return o
}

// policy is the Content-Security-Policy of the page: everything is from here,
// and no code or style is within the page. Swagger UI has small pictures as data.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'self'; form-action 'none'; frame-ancestors 'none'"

//go:embed page.html
var page string

//go:embed start.js
var start []byte

//go:embed page.css
var style []byte

// file is one that the page loads, packed and not.
type file struct {
	kind, tag     string
	plain, packed []byte
}

// files are those that the page loads, by name. Swagger UI comes packed, and is
// unpacked for those who cannot take it so, when the first file is asked for.
var files = sync.OnceValues(func() (map[string]file, error) {
	all := map[string]file{
		"start.js":          newFile("text/javascript; charset=utf-8", start, nil),
		"page.css":          newFile("text/css; charset=utf-8", style, nil),
		"swagger-ui.js":     {kind: "text/javascript; charset=utf-8"},
		"swagger-ui.css":    {kind: "text/css; charset=utf-8"},
		"favicon-32x32.png": {kind: "image/png"},
	}
	for name, source := range map[string]string{
		"swagger-ui.js": "swagger-ui-bundle.js.gz", "swagger-ui.css": "swagger-ui.css.gz", "favicon-32x32.png": "favicon-32x32.png",
	} {
		b, err := static.FS.ReadFile(source)
		if err != nil {
			return nil, err
		}
		if path.Ext(source) != ".gz" {
			all[name] = newFile(all[name].kind, b, nil)
			continue
		}
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		plain, err := io.ReadAll(z)
		if err != nil {
			return nil, err
		}
		all[name] = newFile(all[name].kind, plain, b)
	}
	return all, nil
})

func newFile(kind string, plain, packed []byte) file {
	sum := sha256.Sum256(plain)
	return file{kind, base64.RawURLEncoding.EncodeToString(sum[:12]), plain, packed}
}

// Handler returns what serves the page and all that it loads: for
// adminapi.Options.Docs, or to mount beside it at a path and all below it. The
// last segment of a URL's path says which file it is; what is no file's name is
// the page.
func Handler(opts Options) http.Handler {
	opts = opts.withDefaults()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "the documentation answers GET and HEAD only", http.StatusMethodNotAllowed)
			return
		}
		all, err := files()
		if err != nil {
			http.Error(w, "unpack Swagger UI: "+err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-cache")
		if f, ok := all[path.Base(r.URL.Path)]; ok {
			f.serve(w, r)
			return
		}
		text := strings.NewReplacer(
			"{{base}}", html.EscapeString(base(r)), "{{title}}", html.EscapeString(opts.Title), "{{description}}", html.EscapeString(opts.Description),
		).Replace(page)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		_, _ = io.WriteString(w, text) // who is gone misses nothing
	})
}

// base returns the folder that the page is the name of, relative to what the
// client asked for: also where something in front strips or changes what stands
// before it.
func base(r *http.Request) string {
	target := r.RequestURI
	if target == "" {
		target = r.URL.EscapedPath()
	}
	target, _, _ = strings.Cut(target, "?")
	last := target[strings.LastIndexByte(target, '/')+1:]
	if last == "" {
		return "./"
	}
	return "./" + last + "/"
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	body, tag := f.plain, `"`+f.tag+`"`
	if f.packed != nil {
		w.Header().Add("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			body, tag = f.packed, `"`+f.tag+`-gzip"`
			w.Header().Set("Content-Encoding", "gzip")
		}
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reports whether a client names gzip, and not to refuse it.
func acceptsGzip(r *http.Request) bool {
	for entry := range strings.SplitSeq(strings.Join(r.Header["Accept-Encoding"], ","), ",") {
		coding, params, _ := strings.Cut(entry, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		_, weight, given := strings.Cut(params, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		return !given || err == nil && q > 0
	}
	return false
}
