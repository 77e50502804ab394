package adminapi

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/uptrace/bunrouter"
)

// operation is what the description at /openapi.json tells of an endpoint
// beside its method, path and doc. An endpoint cannot be added without one: a
// test holds that tag and answers are there, that each answer of JSON has a
// schema and an example, and that the examples and what the endpoint really
// answers are valid by the schemas.
type operation struct {
	tag     string      // the group that it is shown in: one of apiTags
	params  []parameter // of the path and the query; without one of them a query part is ignored
	bodies  []content   // what it takes: each in one media type; none where it takes no body
	answers []content   // what it answers when all is well, at least one
	refuses []int       // which errors it has beside those that any may have: see apiErrors
	hidden  bool        // whether it is left out, and needs nothing of this
}

// parameter is one of a path or a query.
type parameter struct {
	name     string
	doc      string
	schema   string // JSON
	example  any
	repeated bool // whether it may come more than once
	inPath   bool
}

// content is a body, or an answer with its status.
type content struct {
	status  int
	doc     string
	media   string // none for an answer without a body
	schema  string // the name of one of the schemas; a text where it is "", unless media is JSON
	example string // the name of one of the examples
}

// answersJSON is the answer of most endpoints.
func answersJSON(doc, schema, example string) []content {
	return []content{{http.StatusOK, doc, "application/json", schema, example}}
}

// apiTags are the groups of endpoints, in the order in which they are shown.
var apiTags = []struct{ Name, Description string }{
	{"actions", "Lists, searches and files of actions"},
	{"overview", "Counts, latencies, errors and what is going on"},
	{"live", "Actions as they happen"},
	{"change", "What changes something, or lets in"},
	{"pages", "The dashboard, the JavaScript client, metrics and this description"},
}

// apiErrors are the errors that endpoints may have. Those of always are of
// every endpoint.
var apiErrors = []struct {
	status      int
	name, doc   string
	always      bool
	header, why string
}{
	{400, "BadRequest", "A parameter or the body is malformed, out of range, unknown or repeated; the detail names it, the value and what is allowed", true, "", ""},
	{401, "Unauthorized", "Credentials are needed, or not right", true, "WWW-Authenticate", "Which schemes of credentials are asked for"},
	{403, "Forbidden", "The address, the Host or the origin is not let in, or the server is read-only", true, "", ""},
	{404, "NotFound", "There is no such endpoint or file, or the store of this server cannot answer it", false, "", ""},
	{405, "MethodNotAllowed", "The endpoint does not answer this method", true, "Allow", "Which methods it answers"},
	{413, "TooLarge", "The body is too large", false, "", ""},
	{415, "UnsupportedMediaType", "The body is of another media type, or packed", false, "", ""},
	{429, "TooManyRequests", "Too many requests, wrong credentials, streams or exports", true, "Retry-After", "In how many seconds to try again"},
	{500, "ServerError", "The store failed", true, "", ""},
	{501, "NotImplemented", "The server cannot do that on this connection", false, "", ""},
	{503, "Unavailable", "The store is closed, or there are too many streams or exports", true, "Retry-After", "In how many seconds to try again, where that is known"},
}

// The schemas and examples of the description.
//
//go:embed openapi.json
var apiComponents []byte

func (h *Handler) openapi(w http.ResponseWriter, req bunrouter.Request) error {
	if _, err := onlyKnown(req.URL.RawQuery); err != nil {
		return err
	}
	body, err := h.description()
	if err != nil {
		return err
	}
	writeBody(w, http.StatusOK, body)
	return nil
}

// docs lets another handler show the description. It sees the path /docs or one
// below it, whatever the base path is.
func (h *Handler) docs(w http.ResponseWriter, req bunrouter.Request) error {
	h.opts.Docs.ServeHTTP(w, req.Request)
	return nil
}

// object is one of JSON.
type object map[string]any

// describer returns a function that makes the description when it is first
// called.
func (h *Handler) describer() func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		var components object
		if err := json.Unmarshal(apiComponents, &components); err != nil {
			return nil, err
		}
		components["responses"] = apiResponses()
		schemes := h.guard.creds.schemes()
		if len(schemes) > 0 {
			components["securitySchemes"] = schemes
		}
		tags := make([]object, 0, len(apiTags))
		for _, t := range apiTags {
			tags = append(tags, object{"name": t.Name, "description": t.Description})
		}
		doc := object{
			"openapi": "3.1.0",
			"info": object{
				"title": "Action logs", "version": "1.0.0",
				"description": "What a service did: which actions, when, how long, and what failed. Every error is {\"detail\":\"…\"}. " +
					"Every GET answers HEAD too.",
			},
			"servers":    []object{{"url": ".", "description": "Where this description is"}},
			"tags":       tags,
			"paths":      h.apiPaths(schemes),
			"components": components,
		}
		return encodeJSON(doc)
	})
}

// apiPaths describes the endpoints that this server has.
func (h *Handler) apiPaths(schemes object) object {
	paths := object{}
	for i := range h.table {
		rt := &h.table[i]
		if rt.absent || rt.api.hidden {
			continue
		}
		at, _ := paths[rt.path].(object)
		if at == nil {
			at = object{}
			paths[rt.path] = at
		}
		op := rt.describe()
		op["security"] = h.securityOf(rt.door, schemes)
		at[strings.ToLower(rt.method)] = op
	}
	return paths
}

// describe returns what is told of an endpoint.
func (rt *route) describe() object {
	op := object{
		"tags": []string{rt.api.tag}, "operationId": operationID(rt.what), "summary": strings.ToUpper(rt.what[:1]) + rt.what[1:], "description": rt.doc,
	}
	var params []object
	for _, p := range rt.api.params {
		params = append(params, p.describe())
	}
	if params != nil {
		op["parameters"] = params
	}
	if len(rt.api.bodies) > 0 {
		contents := object{}
		for _, b := range rt.api.bodies {
			contents[b.media] = b.describe()
		}
		op["requestBody"] = object{"required": true, "description": rt.api.bodies[0].doc, "content": contents}
	}
	responses := object{"default": object{"$ref": "#/components/responses/Error"}}
	for _, a := range rt.api.answers {
		status := strconv.Itoa(a.status)
		answer, _ := responses[status].(object)
		if answer == nil {
			answer = object{"description": a.doc}
			responses[status] = answer
		}
		if a.media == "" {
			continue
		}
		contents, _ := answer["content"].(object)
		if contents == nil {
			contents = object{}
			answer["content"] = contents
		}
		contents[a.media] = a.describe()
	}
	for _, e := range apiErrors {
		if e.always || slices.Contains(rt.api.refuses, e.status) {
			responses[strconv.Itoa(e.status)] = object{"$ref": "#/components/responses/" + e.name}
		}
	}
	op["responses"] = responses
	return op
}

// operationID returns "get recent actions" as getRecentActions.
func operationID(what string) string {
	words := strings.Fields(strings.ReplaceAll(what, "'s", ""))
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}

func (p *parameter) describe() object {
	o := object{"name": p.name, "in": "query", "description": p.doc, "schema": json.RawMessage(p.schema)}
	if p.inPath {
		o["in"], o["required"] = "path", true
	}
	if p.repeated {
		o["schema"] = object{"type": "array", "items": json.RawMessage(p.schema)}
		o["style"], o["explode"] = "form", true
	}
	if p.example != nil {
		o["example"] = p.example
	}
	return o
}

func (c *content) describe() object {
	o := object{"schema": object{"type": "string"}}
	if c.schema != "" {
		o["schema"] = object{"$ref": "#/components/schemas/" + c.schema}
	}
	if c.example != "" {
		o["examples"] = object{c.example: object{"$ref": "#/components/examples/" + c.example}}
	}
	return o
}

// apiResponses describes the errors.
func apiResponses() object {
	all := object{"Error": errorResponse("Any other error", "Error")}
	for _, e := range apiErrors {
		r := errorResponse(e.doc, e.name)
		if e.header != "" {
			r["headers"] = object{e.header: object{"description": e.why, "schema": object{"type": "string"}}}
		}
		all[e.name] = r
	}
	return all
}

func errorResponse(doc, example string) object {
	c := content{schema: "Error", example: example}
	return object{"description": doc, "content": object{"application/json": c.describe()}}
}
