package sqlquery_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"actionlog/storage"
	"actionlog/storage/internal/sqlquery"
)

// book answers with three pages of two actions, and then with err.
func book(t *testing.T, err error) func(context.Context, storage.Query) (storage.Page, error) {
	return func(_ context.Context, q storage.Query) (storage.Page, error) {
		t.Helper()
		if q.Sort != storage.OldestFirst || q.Limit != storage.MaxLimit {
			t.Errorf("asked for %+v", q)
		}
		n, _ := strconv.Atoi(q.Cursor)
		if n == 3 {
			return storage.Page{}, err
		}
		page := storage.Page{Actions: []storage.Action{{Action: strconv.Itoa(2 * n)}, {Action: strconv.Itoa(2*n + 1)}}}
		if n < 2 || err != nil {
			page.Next = strconv.Itoa(n + 1)
		}
		return page, nil
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, tt := range []struct {
		name  string
		limit int
		err   error
		want  int
	}{
		{"all", 0, nil, 6}, {"limit", 3, nil, 3}, {"limit-beyond", 9, nil, 6}, {"error", 0, broken, 6}, {"limit-before-error", 6, broken, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all := sqlquery.Pages(t.Context(), storage.Query{Sort: storage.NewestFirst, Cursor: "7", Limit: tt.limit}, book(t, tt.err))
			for range 2 { // a range can be ranged over again
				n, failed := 0, error(nil)
				for a, err := range all {
					if failed = err; err != nil {
						break
					}
					if a.Action != strconv.Itoa(n) {
						t.Errorf("action %d is %s", n, a.Action)
					}
					n++
				}
				if wantErr := tt.err != nil && tt.limit == 0; n != tt.want || (failed != nil) != wantErr {
					t.Errorf("%d actions and %v, want %d", n, failed, tt.want)
				}
			}
		})
	}
}

func TestPagesEndWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range sqlquery.Pages(ctx, storage.Query{}, book(t, nil)) {
		if cancel(); err != nil {
			if !errors.Is(err, context.Canceled) || n != 1 {
				t.Errorf("after %d actions: %v", n, err)
			}
			return
		}
		n++
	}
	t.Errorf("it did not end; %d actions", n)
}
