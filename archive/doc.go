// Package archive keeps actions in files: JSON Lines by day, gzip once the day
// is over, and readable at every moment by any program that reads lines.
//
// # Smallest use
//
//	w, err := archive.OpenWriter("actions", archive.Options{})
//	if err != nil {
//		return err
//	}
//	defer w.Close()
//	err = w.Write(ctx, batch) // a storage.Sink: a ring's pump calls it
//
//	a, err := archive.Open("actions")
//	if err != nil {
//		return err
//	}
//	for action, err := range a.Actions(ctx, storage.Query{Status: storage.Failed}) {
//		…
//	}
//
// # The folder
//
//	actions-2026-11-23.jsonl         the day that is written to, a line an action
//	actions-2026-11-22.jsonl.gz      a day that is over: the same lines
//	actions-2026-11-22.jsonl.gz.idx  its index, which can be made again at any time
//	actions-2026-11-22.2.jsonl.gz    more of that day: a size was reached, somebody
//	                                 rotated, a second process wrote, the clock went back
//	actions-2026-11-21.jsonl.torn    what a crash left of a line
//	actions-2026-11-20.jsonl.gz.bad  a damaged file whose text was still there to be sealed again
//	.actions….lock, .actions….tmp    locks, and files being written
//
// A week is named by its Monday. A line is filed by the clock of the writer when
// it arrives, in [Options.Location], and never goes into a file that has been
// ended; whatever the clock does, there is a next number.
//
// What *.jsonl and *.jsonl.gz match is, up to the last newline, whole lines of
// valid JSON, also while it is written and after a crash; the remainder of a
// line that a crash left is moved to the .torn file by the next writer.
// Two names of one text exist for a moment while it is sealed, so a program that
// reads all of *.jsonl and *.jsonl.gz just then may read it twice; [Archive]
// does not.
//
// # Writers
//
// Several processes may write one folder, each a file of its own, named by a
// number and held by a lock; one of them at a time seals and removes files. A
// process that dies leaves its file to whoever opens the folder next, or ends a
// file next: of the same day it is written on, of another it is sealed.
//
// A file is sealed beside the plain one and the plain one is removed last, after
// the other was read back whole and compared byte by byte. A crash at any point
// leaves something that the next writer finishes or undoes.
//
// # A sealed file
//
// It is a series of gzip members (RFC 1952), each with the most whole lines
// that fit into 1 MiB, or one longer line. Each header has an extra field of 32
// bytes, so that a program can hop from member to member and read only some:
//
//	offset size
//	     0    4  1f 8b 08 04: gzip, deflate, an extra field follows
//	     4    6  modification time 0, extra flags 0, system 255 (unknown)
//	    10    2  32, the length of the extra field
//	    12    2  "al", the name of the only subfield
//	    14    2  28, its length
//	    16    4  length of the whole member, header and trailer included
//	    20    4  length of its plain text
//	    24    4  number of its lines
//	    28    6  earliest timestamp, in milliseconds since 1970, rounded down
//	    34    6  latest timestamp, rounded up
//	    40    4  CRC-32C of the 40 bytes before
//	    44    …  the deflated lines
//	    -8    8  CRC-32 of the plain text and its length
//
// with all integers in little-endian order. Lines that are no actions do not
// count for the range; if none is one, it is from 0 to the greatest number. The same lines always
// make the same bytes.
//
// # Indexes
//
// A sealed file of 64 KiB or more gets an index beside it, of at most a tenth of
// its size and 16 KiB: of each member its times, durations, ids and which
// services, actions and codes it holds; filters of request and trace ids;
// counts and histograms by hour, service and action; errors by template; and
// the failed lines once more. It is bound to its file by its size and last
// bytes. One that is missing, damaged or another file's is not used, and made
// again by the next [Writer] or [Archive.Reindex]; questions are answered the
// same without, and slower. Only damage shows: where an index answers, a member
// that was damaged later is not read, and so not told of; [Archive.Verify] reads
// everything.
//
// # Caveats
//
// Locks are advisory and by flock or what the system has in its place: every
// program that writes or moves files of the folder while writers run should be
// a [Writer]. Where locks belong to a process and not to an open file, as on some
// network file systems, one process must open a folder for writing only once.
// Do not remove the lock files of a folder that is in use.
//
// Deleting files that are not written to is safe at any time; the number of one
// that is deleted on its own day may be given to another.
//
// # Damage and other programs' gzip
//
// Files are read member by member, and nothing of a member is given out before
// its checksum was found right, if its text has at most 16 MiB: a damaged or
// cut-off one is lost whole, with the lines that reach into it from its
// neighbours, and told of as a [*CorruptError]. Behind it, reading goes on at the
// next header of ours with a sound checksum of its own, or at the next member of
// another program that can be unpacked; lines that are numbered by then lack those
// that were lost, as far as no header says how many they were.
//
// A longer member, such as a day that was packed in one go, is given out as it is
// read, a megabyte behind. Where its end is missing, all before it is read. Where it
// is damaged otherwise, the megabyte before the place where unpacking fails is not
// given out, for damage is seldom noticed later; yet until its checksum is known,
// at its end, actions may be read that were never written. Behind damage that was
// noticed, such a member is lost.
//
// What comes from [OpenReader] is read in the same way, but nothing behind damage.
package archive
