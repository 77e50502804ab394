package storage

import "slices"

const (
	maxMethod = 32  // bytes of a method
	maxID     = 128 // bytes of an id that another program made
)

// Clean makes the action fit to be kept: its error, path and attributes are
// redacted, all texts are valid UTF-8 within their bounds, an empty or unknown
// status is decided by whether there is an error, the error of an action that
// did not fail is dropped, numbers are in their ranges, and a remote address is
// an IPv4 address where it stands for one, without a zone. Attributes without
// a key and those beyond [MaxAttrs] are dropped; of a repeated key the last
// value stays. Cleaning again changes nothing.
//
// It changes *a alone: an HTTP or a slice of attributes that others may share
// is copied before it is changed. It allocates nothing where nothing changes.
func (r *Redactor) Clean(a *Action) {
	r = r.orDefault()
	a.Service = bound(a.Service, MaxName)
	a.Action = bound(a.Action, MaxName)
	a.Instance = bound(a.Instance, MaxName)
	a.ID = ID(bound(string(a.ID), maxID))
	a.Duration = max(a.Duration, 0)
	a.Status = a.settledStatus()
	if a.Status == Failed {
		a.Error = r.Error(a.Error)
	} else {
		a.Error = ""
	}
	a.HTTP = r.cleanHTTP(a.HTTP)
	a.Attrs = r.Attrs(a.Attrs)
}

// bound returns s as valid UTF-8 of at most max bytes.
func bound(s string, max int) string { return Cut(replaceInvalid(preCut(s)), max) }

// cleanHTTP returns h itself if there is nothing to change.
func (r *Redactor) cleanHTTP(h *HTTP) *HTTP {
	if h == nil {
		return nil
	}
	c := HTTP{
		Method:    bound(h.Method, maxMethod),
		Route:     bound(h.Route, MaxPath),
		Path:      r.Path(h.Path),
		Code:      h.settledCode(),
		Bytes:     max(h.Bytes, 0),
		Remote:    h.Remote.Unmap().WithZone(""),
		RequestID: bound(h.RequestID, MaxRequestID),
		Outcome:   h.Outcome,
	}
	if !c.Outcome.valid() {
		c.Outcome = ""
	}
	if c == *h {
		return h
	}
	kept := c
	return &kept
}

// Attrs returns the attributes as [Redactor.Clean] leaves them: attrs itself
// if there is nothing to change, else a copy.
func (r *Redactor) Attrs(attrs []Attr) []Attr {
	r = r.orDefault()
	changed := false
	own := func() {
		if !changed {
			attrs, changed = slices.Clone(attrs), true
		}
	}
	for i := 0; i < len(attrs); {
		key := bound(attrs[i].Key, MaxAttrKey)
		first := indexAttr(attrs[:i], key)
		if key == "" || first < 0 && i == MaxAttrs {
			own()
			attrs = slices.Delete(attrs, i, i+1)
			continue
		}
		value := r.Attr(key, attrs[i].Value)
		if first >= 0 {
			own()
			attrs[first].Value = value
			attrs = slices.Delete(attrs, i, i+1)
			continue
		}
		if key != attrs[i].Key || value != attrs[i].Value {
			own()
			attrs[i] = Attr{key, value}
		}
		i++
	}
	return attrs
}
