// Package compare asks the same questions of an archive with actionlog and with
// other programs, all on one machine in one run, checks that all give the same
// answers, and tells how long each took:
//
//	archive/internal/dataset/tools.sh /tmp/tools
//	ACTIONLOG_TOOLS=/tmp/tools go run ./archive/internal/dataset/cmd/compare --data /tmp/dataset
//
// What the answers have to be is counted from the stream of the data set
// itself, by none of the programs.
//
// # Caveats
//
// Times are of whole processes, with the files in the page cache. VictoriaLogs
// is a server: it is started here, on the loopback interface, has imported the
// files before, and the time is that of a request to it.
package compare
