package storetest

import "testing"

// Reporter is the part of testing.TB that rules use.
type Reporter = reporter

// RuleNames returns the names of all rules, in their order.
func RuleNames() []string {
	names := make([]string, len(rules))
	for i := range rules {
		names[i] = rules[i].name
	}
	return names
}

// CheckRule runs one rule on a store and reports to t. It returns false if the
// rule is not for the store.
func CheckRule(name string, t Reporter, s Store) bool {
	for i := range rules {
		if rules[i].name == name {
			if rules[i].skip(s) != "" {
				return false
			}
			rules[i].check(t, s)
			return true
		}
	}
	panic("no rule " + name)
}

var _ Reporter = testing.TB(nil)
