package splunk

// ReadAnswer is readAnswer without what it returns.
func ReadAnswer(body []byte) error {
	_, err := readAnswer(body)
	return err
}
