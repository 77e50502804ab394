package sqlite

import (
	"context"
	"fmt"
	"sync"
)

// names knows the names of services and actions by their numbers. A name keeps
// its number for ever.
type names struct {
	mu     sync.Mutex
	known  map[int64]pair
	newest int64
}

// at returns the name of a number that the connection sees.
func (n *names) at(ctx context.Context, l link, number int64) (pair, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil {
		n.known = map[int64]pair{}
	}
	if number > n.newest {
		err := loadNames(ctx, l, n.newest, func(number int64, p pair) {
			n.known[number], n.newest = p, number
		})
		if err != nil {
			return pair{}, err
		}
	}
	p, ok := n.known[number]
	if !ok {
		return pair{}, fmt.Errorf("%w: there is no name with the number %d", errSummary, number)
	}
	return p, nil
}
