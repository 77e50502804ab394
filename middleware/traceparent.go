package middleware

import "actionlog/storage"

// parseTraceparent reads a traceparent header as W3C Trace Context has it:
//
//	version "-" trace-id "-" parent-id "-" trace-flags
//
// in 2, 32, 16 and 2 lower-case hexadecimal digits. Version ff and ids of
// zeros are invalid. A version above 00 may have more after another dash.
func parseTraceparent(s string) (trace storage.TraceID, span storage.SpanID, ok bool) {
	const length = 55
	if len(s) < length || s[2] != '-' || s[35] != '-' || s[52] != '-' || s[:2] == "ff" {
		return trace, span, false
	}
	if len(s) > length && (s[:2] == "00" || s[length] != '-') {
		return trace, span, false
	}
	if !lowerHex(s[:2]) || !lowerHex(s[3:35]) || !lowerHex(s[36:52]) || !lowerHex(s[53:55]) {
		return trace, span, false
	}
	if trace, ok = storage.ParseTraceID(s[3:35]); !ok {
		return storage.TraceID{}, span, false
	}
	if span, ok = storage.ParseSpanID(s[36:52]); !ok {
		return storage.TraceID{}, storage.SpanID{}, false
	}
	return trace, span, true
}

func lowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
