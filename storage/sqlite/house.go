package sqlite

import "context"

func (s *Store) keepHouse(ctx context.Context) { <-ctx.Done() }
