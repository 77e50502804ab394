package ship

import (
	"context"
	"errors"
	"fmt"
	"time"

	"actionlog/storage"
)

// settle delivers a batch, keeps what of it was refused, and moves the checkpoint
// behind it. work is for the destination, and ends a while after ctx.
func (s *Shipper) settle(ctx, work context.Context, b *batch) error {
	if err := s.deliver(ctx, work, b); err != nil {
		return err
	}
	if len(b.refused) > 0 {
		if err := s.insist(ctx, func() error { return s.refused.add(b.refused) }); err != nil {
			return err
		}
	}
	for _, m := range b.marks {
		s.feed.Keep(m)
	}
	taken := int64(len(b.actions) - len(b.refused))
	s.counts.Delivered += taken
	s.counts.Refused += int64(len(b.refused))
	s.counts.Damaged += b.damaged
	if err := s.insist(ctx, s.save); err != nil {
		return err
	}
	s.count()
	s.board.begin(time.Time{})
	s.board.set(func(st *Status) {
		st.Position = b.marks[len(b.marks)-1].String()
		if s.unread == "" {
			st.LastError = nil
		}
	})
	for _, r := range b.refused {
		s.opts.OnEvent(Event{Kind: Rejected, Count: 1, ID: r.action.ID, Err: errors.New(r.reason)})
	}
	if taken > 0 {
		s.opts.OnEvent(Event{Kind: Delivered, Count: taken})
	}
	return nil
}

// deliver returns once each action of the batch was taken or is in b.refused, or
// ctx has ended. Parts of the batch wait on a stack, the first of them on top.
func (s *Shipper) deliver(ctx, work context.Context, b *batch) error {
	if len(b.actions) == 0 {
		return nil
	}
	var buf []storage.Action
	var actions []storage.Action
	stack := [][]int{upTo(len(b.actions))}
	for len(stack) > 0 {
		part := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		actions, buf = b.gather(part, buf)
		out, err := s.offer(work, actions)
		kind, after := Unavailable, out.After
		var whole *BatchError
		if errors.As(err, &whole) {
			kind, after = whole.Kind, whole.After
		}
		switch {
		case err == nil:
			again := out.Retry
			for _, r := range out.Refused {
				b.refuse(part[r.Index], r.Reason)
			}
			if len(again) < len(part) {
				s.retry.reset()
				s.board.set(func(st *Status) { st.LastDelivery = s.opts.Now() })
			}
			if len(again) == 0 {
				continue
			}
			part = pick(part, again)
			err = fmt.Errorf("the far side asks for %d of %d actions again", len(again), len(actions))
		case kind == Unavailable:
		case len(part) > 1:
			half := len(part) / 2
			stack = append(stack, part[half:], part[:half])
			continue
		default:
			b.refuse(part[0], err.Error())
			continue
		}
		stack = append(stack, part)
		if err := s.again(ctx, len(part), after, err); err != nil {
			return err
		}
	}
	return nil
}

// again waits before so many actions are sent again.
func (s *Shipper) again(ctx context.Context, n int, after time.Duration, cause error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	pause := s.retry.pause(after)
	s.board.set(func(st *Status) {
		st.LastError = cause
		st.Retried += int64(n)
	})
	s.opts.OnEvent(Event{Kind: Retrying, Count: int64(n), Wait: pause, Err: cause})
	return s.wait(ctx, pause)
}

// offer is one call of the destination. One that panics, or whose outcome cannot
// be, has failed.
func (s *Shipper) offer(ctx context.Context, actions []storage.Action) (out Outcome, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			out, err = Outcome{}, fmt.Errorf("the destination panicked: %v", v)
		}
	}()
	out, err = s.to.Deliver(ctx, actions)
	if err != nil {
		return Outcome{}, err
	}
	if err := out.check(len(actions)); err != nil {
		return Outcome{}, err
	}
	return out, nil
}

// check refuses an outcome that no batch of n actions can have.
func (o *Outcome) check(n int) error {
	seen := make([]bool, n)
	mark := func(list string, i int) error {
		if i < 0 || i >= n || seen[i] {
			return fmt.Errorf("the destination answers for action %d in %s; allowed is each from 0 to %d once", i, list, n-1)
		}
		seen[i] = true
		return nil
	}
	for _, i := range o.Retry {
		if err := mark("Retry", i); err != nil {
			return err
		}
	}
	for _, r := range o.Refused {
		if err := mark("Refused", r.Index); err != nil {
			return err
		}
	}
	return nil
}

// insist does what has to succeed before delivery can go on.
func (s *Shipper) insist(ctx context.Context, do func() error) error {
	trying := backoff{from: s.opts.RetryFrom, to: s.opts.RetryTo}
	for {
		err := do()
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrRefusedFull) {
			s.board.set(func(st *Status) { st.LastError = err })
			return err
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		pause := trying.pause(0)
		s.fails(err, pause)
		if waitErr := s.wait(ctx, pause); waitErr != nil {
			return errors.Join(waitErr, err)
		}
	}
}

// refuse notes that an action will never be taken.
func (b *batch) refuse(i int, reason string) {
	b.refused = append(b.refused, refused{&b.actions[i], storage.Cut(reason, maxReason)})
}

// upTo returns the numbers from 0 to n-1.
func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// pick returns the elements of list with these indexes.
func pick(list, indexes []int) []int {
	picked := make([]int, len(indexes))
	for i, at := range indexes {
		picked[i] = list[at]
	}
	return picked
}
