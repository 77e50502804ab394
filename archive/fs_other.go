//go:build !unix

package archive

// noFollow is nothing where the system has no such flag; names that are not
// regular files are still passed over when a folder is listed.
const noFollow = 0
