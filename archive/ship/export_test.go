package ship

// RewriteCheckpoint reads the text of a checkpoint, and writes it again.
func RewriteCheckpoint(b []byte) ([]byte, error) {
	c, err := parseCheckpoint(b)
	if err != nil {
		return nil, err
	}
	c.marks()
	return c.encode()
}
