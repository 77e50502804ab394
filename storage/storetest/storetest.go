package storetest

import (
	"context"
	"testing"

	"actionlog/storage"
)

// Store is a store under test, and what the suite has to know of it.
type Store struct {
	// Searcher is the store. If it also is a storage.Clearer or a
	// storage.Follower, or has the methods Errors, Actions or Series, it is
	// tested as such.
	storage.Searcher

	// Put stores the actions, in their order, so that a search that begins
	// after it returns finds them. It need not be safe for concurrent use
	// unless Concurrent is set.
	Put func(ctx context.Context, batch []storage.Action) error

	// Close closes the store; nil if it cannot be closed. A test that does
	// not end with a closed store calls nothing: open registers its own
	// clean-up.
	Close func() error

	// AssignsIDs says that the store gives actions ids of its own, in the
	// order of Put, and ignores those that they have.
	AssignsIDs bool

	// Concurrent says that Put may be called by several goroutines at once.
	Concurrent bool

	// Overrun is a number of actions after which a follower that has not
	// read on has surely missed some; 0 for a store whose followers never
	// do. The suite puts so many.
	Overrun int

	// Skip has the rules that the store cannot keep, by name, with the
	// reason.
	Skip map[string]string
}

// Run tests stores by all rules. open returns a new, empty store for each,
// with room for a thousand actions, and registers what it takes to clean up.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			s := open(t)
			if reason := r.skip(s); reason != "" {
				t.Skip(reason)
			}
			r.check(t, s)
		})
	}
}

// reporter is the part of testing.TB that rules use.
type reporter interface {
	Context() context.Context
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// rule is one thing that every store must hold to.
type rule struct {
	name  string
	says  string // the rule as a sentence; failures begin with it
	needs func(Store) string
	run   func(c *check)
}

// rules are all rules, from the plainest to those that build on others.
var rules = []rule{
	{"empty", "an empty store answers an empty page that is not nil, and stats of zero, without an error", nil, checkEmpty},
	{"fields", "every field of an action comes back as it was put", nil, checkFields},
	{"hostile-text", "any text that Clean leaves comes back unchanged, and can be asked for", nil, checkHostileText},
	{"ids", "ids are distinct, and in the order of Put if the store assigns them, else those that were put", nil, checkIDs},
	{"ownership", "a batch belongs to the caller again after Put, and a page belongs to the caller", nil, checkOwnership},
	{"order", "actions are ordered by the sort key and then by id, both in the same direction", nil, checkOrder},
	{"late", "actions are ordered by the time they ended and not by when they arrived", nil, checkLate},
	{"limit", "a page holds at most Limit actions: 100 by default, all for NoLimit", nil, checkLimit},
	{"filter", "a search finds exactly what Matcher.Match accepts", nil, checkFilter},
	{"bounds", "from is inclusive and to exclusive; durations compare in nanoseconds, both ends inclusive; a class of codes has both its ends", nil, checkBounds},
	{"text", "text is looked for in error, action, service, route and request id, as it is but for the case of ASCII letters", nil, checkText},
	{"paging", "following Next visits every match once, in order, and then ends", nil, checkPaging},
	{"paging-live", "following Next visits every match once also while new actions arrive", nil, checkPagingLive},
	{"cursor", "a cursor that is damaged or belongs to another query is refused with a ParamError that names it", nil, checkCursor},
	{"invalid", "a query that is not valid is refused with a ParamError", nil, checkInvalid},
	{"context", "a search whose context is cancelled returns the context's error", nil, checkContext},
	{"stats", "stats count exactly what the query matches; quantiles are within 2 %, the maximum is exact", nil, checkStats},
	{"errors", "failures are grouped by the template of their errors, the greatest group first, with the latest as the example", needsErrors, checkErrors},
	{"actions", "a range over actions gives exactly what Matcher.Match accepts, oldest first and then by id, as many as Limit if it is not zero", needsActions, checkActions},
	{"series", "a series counts exactly what the query matches in steps that begin at whole multiples since 1970, from the first with an action to the last", needsSeries, checkSeries},
	{"concurrent", "puts and searches at the same time lose nothing", needsConcurrent, checkConcurrent},
	{"clear", "a cleared store holds nothing, and takes in what comes after", needsClearer, checkClear},
	{"follow", "a follower gets every action once, in the order of ids, and can go on behind any id", needsFollower, checkFollow},
	{"follow-wait", "a follower waits for what comes, and stops waiting when its context ends", needsFollower, checkFollowWait},
	{"follow-missed", "a follower that was overrun learns exactly how many actions it missed", needsOverrun, checkFollowMissed},
	{"follow-closed", "a follower of a closed store reads what is left, and then gets ErrClosed", needsClosingFollower, checkFollowClosed},
	{"closed", "a closed store answers ErrClosed, and can be closed again", needsClose, checkClosed},
}

// skip returns why the rule is not for the store, or "".
func (r *rule) skip(s Store) string {
	if reason := s.Skip[r.name]; reason != "" {
		return reason
	}
	if r.needs != nil {
		return r.needs(s)
	}
	return ""
}

// check runs the rule.
func (r *rule) check(t reporter, s Store) {
	t.Helper()
	r.run(&check{reporter: t, store: s, rule: r})
}

func needsConcurrent(s Store) string {
	if !s.Concurrent {
		return "Put is not safe for concurrent use"
	}
	return ""
}

func needsClearer(s Store) string {
	if _, ok := s.Searcher.(storage.Clearer); !ok {
		return "the store is no Clearer"
	}
	return ""
}

func needsFollower(s Store) string {
	if _, ok := s.Searcher.(storage.Follower); !ok {
		return "the store is no Follower"
	}
	return ""
}

func needsOverrun(s Store) string {
	if s.Overrun == 0 {
		return "followers of the store never miss any"
	}
	return needsFollower(s)
}

func needsClose(s Store) string {
	if s.Close == nil {
		return "the store cannot be closed"
	}
	return ""
}

func needsClosingFollower(s Store) string {
	if reason := needsFollower(s); reason != "" {
		return reason
	}
	return needsClose(s)
}
