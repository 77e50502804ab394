// Package s3test starts real servers for the tests of what talks to S3: a
// gateway over a folder, and a proxy that does to connections what networks do.
//
// # Smallest use
//
//	server := s3test.Start(t)
//	server.MakeBucket(t, "backups")
//	bucket, err := s3.Open("s3://backups", s3.Options{Endpoint: server.URL, Getenv: server.Getenv})
//
// # Caveats
//
// The programs are looked for in the folder that the variable ACTIONLOG_TOOLS
// names; archive/ship/s3/tools.sh brings them there. Without them a test is
// skipped, or fails where ACTIONLOG_FULL is 1. They listen on loopback only and
// are ended by their own process ids when the test is over.
package s3test
