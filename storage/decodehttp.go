package storage

func (d *decoder) http() error {
	if !d.open('{') {
		return d.unexpected("http", allowedHTTP)
	}
	h := new(HTTP)
	for first := true; ; first = false {
		more, err := d.next('}', first)
		if err != nil {
			return err
		}
		if !more {
			d.a.HTTP = h
			return nil
		}
		at, key, err := d.key()
		if err != nil {
			return err
		}
		if err := d.httpMember(h, at, key); err != nil {
			return err
		}
	}
}

func (d *decoder) httpMember(h *HTTP, at int, key string) (err error) {
	f, name := httpField(key)
	if f == 0 {
		return d.skip(key)
	}
	if err := d.once(f, at, name); err != nil {
		return err
	}
	if d.null() {
		return nil
	}
	switch f {
	case fieldMethod:
		h.Method, err = d.text(name, allowedString)
	case fieldRoute:
		h.Route, err = d.text(name, allowedString)
	case fieldPath:
		h.Path, err = d.text(name, allowedString)
	case fieldCode:
		var code int64
		code, err = d.whole(name, maxCode, allowedHTTPCode)
		h.Code = int(code)
	case fieldBytes:
		h.Bytes, err = d.whole(name, maxInt64, allowedBytes)
	case fieldRemote:
		h.Remote, err = d.addr(name)
	case fieldRequestID:
		h.RequestID, err = d.text(name, allowedString)
	case fieldOutcome:
		h.Outcome, err = d.outcome(name)
	}
	return err
}

func httpField(key string) (f field, name string) {
	switch key {
	case "method":
		return fieldMethod, "http.method"
	case "route":
		return fieldRoute, "http.route"
	case "path":
		return fieldPath, "http.path"
	case "code":
		return fieldCode, "http.code"
	case "bytes":
		return fieldBytes, "http.bytes"
	case "remote":
		return fieldRemote, "http.remote"
	case "requestId":
		return fieldRequestID, "http.requestId"
	case "outcome":
		return fieldOutcome, "http.outcome"
	}
	return 0, ""
}
