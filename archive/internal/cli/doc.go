// Package cli is the command line of archives: what archive/cmd/actionlog
// runs, without a process around it.
//
// # Smallest use
//
//	os.Exit(cli.Run(ctx, cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, os.Args[1:]))
//
// # Caveats
//
// What comes out of an archive was written by strangers. Nothing of it reaches
// a terminal but through escape, and nothing of it a spreadsheet but through
// storage.Cell.
package cli
