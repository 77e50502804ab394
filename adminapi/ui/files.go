package ui

import (
	"embed"
	"io/fs"
)

//go:embed assets
var embedded embed.FS

// Files returns all files, in one folder: index.html is the dashboard,
// client.js and client.d.ts are the client and its types, and the rest is what
// the dashboard loads. It may be called by several goroutines.
func Files() fs.FS {
	files, _ := fs.Sub(embedded, "assets") // the name is a valid path
	return files
}
