package ring

import (
	"context"

	"actionlog/storage"
)

// gather returns copies of the actions of window and keeps whose records pass
// wants, in the order of their numbers. m says up to which number.
func (r *Ring) gather(ctx context.Context, m *storage.Matcher, wants func(*record) bool) ([]kept, error) {
	for tries := 1; ; tries++ {
		v, err := r.view(m)
		if err != nil {
			return nil, err
		}
		list, err := r.gatherView(ctx, v, wants)
		if err != nil || tries == mostTries || !r.overtook(v) {
			return list, err
		}
	}
}

func (r *Ring) gatherView(ctx context.Context, v view, wants func(*record) bool) ([]kept, error) {
	var window []kept
	var k kept
	for n := v.low + 1; n <= v.high; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			break
		}
		if r.slots[n&r.mask].read(n, &k.rec) != ready || !wants(&k.rec) {
			continue
		}
		k.number, k.side = n, ""
		if k.rec.sideLen != 0 {
			k.side = string(r.side.at(k.rec.side, int(k.rec.sideLen)))
		}
		window = append(window, k)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return append(r.kept(v.low, func(int64) bool { return true }, wants), window...), nil
}
