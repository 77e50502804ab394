package otlp

// ReadAnswers reads an answer in every way. It returns how many records it says
// were refused.
func ReadAnswers(body []byte) (proto, inJSON int64) {
	p, err := readPartial(body)
	if err == nil {
		proto = p.rejected
	}
	j, err := readPartialJSON(body)
	if err == nil {
		inJSON = j.rejected
	}
	readStatus(body)
	return proto, inJSON
}
