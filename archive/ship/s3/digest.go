package s3

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// digest is what is known of the bytes of a file that is sent in parts of a
// size, or in one.
type digest struct {
	size     int64
	partSize int64
	sha      [sha256.Size]byte // of the whole
	parts    []part            // one or more
}

// part is a stretch of a file.
type part struct {
	off, size int64
	sha       [sha256.Size]byte
	md5       [md5.Size]byte
}

// partSizeFor returns the size of the parts of a file, all but the last.
func partSizeFor(size, wanted int64) int64 {
	least := (size + maxParts - 1) / maxParts
	if least <= wanted {
		return wanted
	}
	const step = 1 << 20
	return (least + step - 1) / step * step
}

// digester makes a digest of the bytes that are written to it.
type digester struct {
	d       digest
	sha     hash.Hash
	partSha hash.Hash
	partMD5 hash.Hash
	inPart  int64
}

// newDigester begins a digest with parts of a size.
func newDigester(partSize int64) *digester {
	return &digester{d: digest{partSize: partSize}, sha: sha256.New(), partSha: sha256.New(), partMD5: md5.New()}
}

// Write never fails.
func (g *digester) Write(b []byte) (int, error) {
	n := len(b)
	g.sha.Write(b)
	for len(b) > 0 {
		if g.inPart == g.d.partSize {
			g.endPart()
		}
		piece := b[:min(int64(len(b)), g.d.partSize-g.inPart)]
		g.partSha.Write(piece)
		g.partMD5.Write(piece)
		g.inPart += int64(len(piece))
		b = b[len(piece):]
	}
	return n, nil
}

func (g *digester) endPart() {
	p := part{off: g.d.size, size: g.inPart}
	g.partSha.Sum(p.sha[:0])
	g.partMD5.Sum(p.md5[:0])
	g.d.parts = append(g.d.parts, p)
	g.d.size += g.inPart
	g.inPart = 0
	g.partSha.Reset()
	g.partMD5.Reset()
}

// end returns the digest of all that was written.
func (g *digester) end() *digest {
	g.endPart()
	g.sha.Sum(g.d.sha[:0])
	return &g.d
}

// digestOf reads size bytes.
func digestOf(ctx context.Context, r io.ReaderAt, size, partSize int64) (*digest, error) {
	g := newDigester(partSize)
	buf := make([]byte, 256<<10)
	for off := int64(0); off < size; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-off)], off)
		g.Write(buf[:n])
		if off += int64(n); err != nil && off < size {
			return nil, err
		}
	}
	return g.end(), nil
}

// sha256 returns the checksum as the server writes that of an object: of the
// bytes, or of the checksums of its parts.
func (d *digest) sha256(inParts bool) string {
	if !inParts {
		return base64.StdEncoding.EncodeToString(d.sha[:])
	}
	h := sha256.New()
	for _, p := range d.parts {
		h.Write(p.sha[:])
	}
	return fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(h.Sum(nil)), len(d.parts))
}

// etag returns the ETag that an object has where it is made of MD5.
func (d *digest) etag(inParts bool) string {
	if !inParts {
		return hex.EncodeToString(d.parts[0].md5[:])
	}
	h := md5.New()
	for _, p := range d.parts {
		h.Write(p.md5[:])
	}
	return fmt.Sprintf("%s-%d", hex.EncodeToString(h.Sum(nil)), len(d.parts))
}

// shaBase64 returns the checksum of a part as the server writes it.
func (p *part) shaBase64() string { return base64.StdEncoding.EncodeToString(p.sha[:]) }

// shaHex returns it as signatures have it.
func (p *part) shaHex() string { return hex.EncodeToString(p.sha[:]) }

// md5Hex returns the ETag that a part has where it is made of MD5.
func (p *part) md5Hex() string { return hex.EncodeToString(p.md5[:]) }
