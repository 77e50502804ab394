// Package sqlite keeps actions in a database of one file.
package sqlite
