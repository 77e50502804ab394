// Package s3 keeps the sealed files of an archive, with their indexes, in a
// bucket of S3 or of a server that speaks its protocol, and fetches them again.
//
// # Smallest use
//
//	bucket, err := s3.Open("s3://backups/actions/web-1", s3.Options{})
//	if err != nil {
//		return err
//	}
//	sum, err := bucket.Push(ctx, "actions")
//
// # What is there
//
// An object has the name of its file behind the prefix and the bytes of its
// file, so that any tool that copies objects brings back an archive. Several
// hosts that write archives of their own need a prefix each, since the names of
// their files are the same.
//
// Only files that are sealed go: never the day that is written to, nothing whose
// plain file is still there, and nothing of what a crash left aside.
//
// # What is promised
//
//   - A file is read whole and its checksums are looked at before the first byte
//     is sent. One that is damaged is named and stays here.
//   - An object comes into being whole or not at all, and is never replaced: it is
//     created with “If-None-Match: *”. Where an object has the name of a file and
//     other contents, both are left as they are, and the difference is told.
//   - An object counts as there when its size and a checksum that the server
//     made are those of the file: SHA-256, else the ETag where it is made of MD5.
//     Where the server has neither, the object is read back.
//   - What is larger than [Options.PartSize] goes in parts. Nothing is noted
//     here about them: the server is asked which parts it has, and those whose
//     size and checksum are right are not sent again, whoever sent them and
//     however that ended.
//   - An index follows its file and never precedes it. Whoever reads the bucket
//     in between finds a file without an index, which is answered from more
//     slowly and in the same way; an index whose file was refused is never there.
//
// # Retention
//
// An archive's writer removes files by their age and by the room that they take,
// whether they were pushed or not. Where none may go before, pushes have to note
// what is there, see [Options.Note], and the writer has to ask [Unpushed]:
//
//	archive.Options{Keep: s3.Unpushed("actions")}
//
// Nothing is ever removed from the bucket; its own rules do that.
//
// # Caveats
//
// The server has to know conditional writes in PutObject and in
// CompleteMultipartUpload. One that ignores the header would replace an object
// that appears between the look and the write.
//
// The number of a file that was removed on its own day can be given to another
// one of that day; pushed, it differs from the object, and is told of as that.
//
// Parts of an upload that nobody completes cost room and money. [Bucket.Push]
// aborts those that are old, see [Options.Abandoned]; a rule of the bucket that
// aborts incomplete uploads also finds those of hosts that are no more.
package s3
