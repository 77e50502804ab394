package adminapi

// schemes describes the credentials that a server asks for.
func (c *credentials) schemes() object {
	all := object{}
	if c.hasToken {
		all["token"] = object{"type": "http", "scheme": "bearer", "description": "The token"}
		all["cookie"] = object{
			"type": "apiKey", "in": "cookie", "name": "actionlog",
			"description": "What POST /login sets; where the server has a port, its name ends in a hyphen and the port",
		}
	}
	if c.hasBasic {
		all["password"] = object{"type": "http", "scheme": "basic", "description": "A name and a password"}
	}
	if c.hasIngest {
		all["ingestToken"] = object{"type": "http", "scheme": "bearer", "description": "The token for recording, and for nothing else"}
	}
	return all
}

// securityOf returns which of the schemes open a door, each of them alone; none
// where it stands open.
func (h *Handler) securityOf(d door, schemes object) []object {
	ways := []object{}
	c := &h.guard.creds
	if d == open && c.hasToken || !c.hasToken && !c.hasBasic && (d != recording || !c.hasIngest) {
		return ways
	}
	for _, name := range []string{"token", "cookie", "password", "ingestToken"} {
		if schemes[name] != nil && (name != "ingestToken" || d == recording) {
			ways = append(ways, object{name: []string{}})
		}
	}
	return ways
}
