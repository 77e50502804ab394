package cli

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"actionlog/archive/ship"
)

// plan tells what a delivery would do.
func (x *shipment) plan(ctx context.Context, dir string, t target) error {
	p, err := ship.NewPlan(ctx, dir, x.opts, 1)
	if err != nil {
		return err
	}
	out := x.s.out
	fmt.Fprintf(out, "to          %s\n", escape(t.place))
	fmt.Fprintf(out, "checkpoint  %s\n", escape(p.Checkpoint+checkpointText(&p)))
	fmt.Fprintf(out, "from        %s\n", escape(planFrom(&p, x.opts.FromNow)))
	fmt.Fprintf(out, "to be sent  %s\n", planSize(&p))
	if p.Begun {
		fmt.Fprintf(out, "so far      %d delivered, %d refused, %d missed, %d damaged\n", p.Delivered, p.Refused, p.Missed, p.Damaged)
	}
	if p.Gone > 0 {
		fmt.Fprintf(out, "gone        %d were removed before they were delivered\n", p.Gone)
	}
	if len(p.First) == 0 {
		return nil
	}
	text, err := preview(t.to, p)
	if err != nil {
		return fmt.Errorf("show how an action is sent: %w", err)
	}
	fmt.Fprintln(out, "the first is sent as")
	for line := range bytes.Lines(bytes.TrimRight(text, "\n")) {
		fmt.Fprintf(out, "  %s\n", escape(string(bytes.TrimRight(line, "\n"))))
	}
	return nil
}

// preview returns how the first action would be sent.
func preview(to ship.Destination, p ship.Plan) ([]byte, error) {
	if v, ok := to.(ship.Previewer); ok {
		return v.Preview(&p.First[0])
	}
	return p.First[0].AppendJSON(nil), nil
}

func checkpointText(p *ship.Plan) string {
	if !p.Begun {
		return ", which is not there yet"
	}
	return ", of " + p.Saved.Format(time.RFC3339)
}

// planFrom tells where a delivery would go on.
func planFrom(p *ship.Plan, now bool) string {
	text := "the beginning of the archive"
	switch {
	case p.Position != "":
		text = "behind " + p.Position
	case now:
		text = "what is written from now on"
	}
	if !p.From.IsZero() {
		text += ", without what ended before " + p.From.UTC().Format(time.RFC3339)
	}
	return text
}

func planSize(p *ship.Plan) string {
	most := ""
	if !p.From.IsZero() {
		most = "at most "
	}
	return fmt.Sprintf("%s%d actions, %s of lines", most, p.Actions, sizeText(p.Bytes))
}
