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
// its size or 16 KiB, whichever is more. It is bound to its file by its size and last
// bytes. One that is missing, damaged or another file's is not used, and made
// again by the next [Writer] or [Archive.Reindex]; questions are answered the
// same without, and slower. Only damage shows: where an index answers, a member
// that was damaged later is not read, and so not told of; [Archive.Verify] reads
// everything.
//
// An index is a head and ten parts without a gap, integers in little-endian
// order, “varint” as in [encoding/binary.AppendUvarint], and a string a varint
// of its length and its bytes:
//
//	offset size
//	     0    7  "alindex"
//	     7    1  2, the version
//	     8    8  size of the sealed file
//	    16    8  its last eight bytes: checksum and length of its last member's text
//	    24    4  number of its members
//	    28    4  flags: 1, it has a line that is no action
//	    32  200  of each part: offset (8), size (8), CRC-32C (4)
//	   232    4  CRC-32C of the 232 bytes before
//	   236    …  the parts
//
// A part that found no room, or of which there would be too much, has the size
// 0. Beside each is its share of a day of a million actions with request ids of
// 24 characters on average and 2 % failures, of which the index has 8.7 % of the
// sealed file. The parts, in order:
//
//	names        0.03 %  varint count, then pairs of strings: services and
//	                     their actions; varint count, then varints: codes and 1,
//	                     0 being none; varint count, then strings: templates of
//	                     errors, sorted
//	members      0.10 %  of each member 120 bytes and two sets of bits:
//	                     offset (8), size (4), size of the text (4), lines (4);
//	                     earliest and latest time, shortest and longest
//	                     duration, in nanoseconds (8 each); failures (4); the
//	                     first 32 bytes of the least and of the greatest id;
//	                     which services with actions, and which codes, a bit each
//	rolls        0.08 %  deflated: counts and histograms, see below
//	errors       0.13 %  deflated: failures by service and template, see below
//	hours        0.00 %  of each hour 24 bytes: its number since 1970 (8), offset
//	                     (8) and size (4) in hour rolls, CRC-32C (4)
//	lane         0.00 %  of each member of failed lines 28 bytes: size (4), size of
//	                     the text (4), earliest and latest time (8 each), CRC-32C (4)
//	filter       4.17 %  of each 512 members, the last time of fewer:
//	                     number of rows (4), rows that a key sets (4), CRC-32C (4);
//	                     blocks of as many rows as fit into 4,092 bytes, each
//	                     followed by its CRC-32C (4); a row is a bit for each member
//	hour rolls   0.67 %  what rolls has, for each hour, deflated each by itself
//	hour errors  0.52 %  what errors has, by hour
//	failed       3.01 %  the failed lines once more, as members of a sealed file
//
// Rolls are, of each service with its action that occurs, varints: how many
// numbers were left out before it; failures; the longest duration less the least
// one of the last bucket; the first bucket of [storage.Histogram] that is not
// empty; how many follow to the last; the counts of all of these. Errors are a
// varint count and entries in order of hour, service and template: varint hour, 0 in errors; the
// service, as a varint of how much of it is as before and a string of what is
// not; varints of the template's number, the count, the first time less the
// hour's, and the last less the first; the id of the last failure, written as the
// service is.
//
// A key of a filter is the hash of a request id that is not the action's own
// id, or of a trace id. There are 14 bits for each key of the member that has
// most, or fewer (5 at least) where the filter would be more than a sixteenth of
// the members; a key with n bits sets 7n/10+1 rows, at most 10. So one id is
// looked for by ten small reads a file. Room is given in this order: names, members,
// filter, rolls, errors, failed lines, hour rolls, hour errors.
//
// Nothing is kept of which templates of errors a member holds, for the text of a
// query: of 40 templates at 2 % failures, each is in 79 % of the members, and
// text in failures alone is read from the failed lines.
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
// its checksum was found right, if its text has at most 16 MiB: a damaged one is
// lost whole, with the lines that reach into it from its neighbours, and told of
// as a [*CorruptError]. So is one of ours that is cut off; of one of another
// program that the file ends in the whole lines before are read, as zcat does.
// Behind damage, reading goes on at the
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
