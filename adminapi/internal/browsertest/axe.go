package browsertest

import (
	"fmt"
	"os"
	"strings"
)

// Violation is a rule of accessibility that a page breaks.
type Violation struct {
	ID     string // of the rule, such as color-contrast
	Impact string // minor, moderate, serious or critical
	Help   string
	Nodes  []string // CSS selectors of the elements, each with what is wrong with it
}

// String returns all of it, a line for each element.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s: %s\n\t%s", v.Impact, v.ID, v.Help, strings.Join(v.Nodes, "\n\t"))
}

// Audit has axe-core look at the page as it is now and returns what it finds,
// by impact: minor, moderate, serious and critical.
func (p *Page) Audit() map[string][]Violation {
	p.t.Helper()
	source, err := os.ReadFile(Module(p.t, "axe-core/axe.min.js"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.Eval(string(source)+"\n;undefined", nil)
	var found []Violation
	p.Eval(`axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations.map((v) => ({
		ID: v.id, Impact: v.impact ?? 'minor', Help: v.help,
		Nodes: v.nodes.map((n) => n.target.join(' ') + ': ' + (n.failureSummary ?? '').replace(/\s+/g, ' ')),
	})))`, &found)
	byImpact := make(map[string][]Violation)
	for _, v := range found {
		byImpact[v.Impact] = append(byImpact[v.Impact], v)
	}
	return byImpact
}
