package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"actionlog/storage"

	"github.com/spf13/cobra"
)

func (s *session) showCommand() *cobra.Command {
	var tz string
	cmd := &cobra.Command{
		Use:   "show [flags] ID [FOLDER | FILE…]",
		Short: "Show all that is known of an action",
		Long: `Show all that is known of the action with an id. Where none has it, the actions
of the request, or else of the trace, with that id are shown.`,
		Example: example(
			"actionlog show 01kav3d5xq8r2m4c000000007z",
			"actionlog show 4bf92f3577b34da6a3ce929d0e0e4736 actions/",
		),
		Args: atLeast(1, "an ID is missing; actionlog show --help tells more"),
	}
	cmd.Flags().StringVar(&tz, "tz", "UTC", "time `zone` of what is shown: UTC, local, Europe/Berlin")
	format := addFormat(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		loc, err := location(tz)
		if err != nil {
			return err
		}
		form, err := s.form(*format)
		if err != nil {
			return err
		}
		a, err := s.openSource(cmd.Context(), args[1:])
		if err != nil {
			return err
		}
		actions, err := s.lookUp(cmd.Context(), a, args[0])
		if err != nil {
			return err
		}
		return s.showAll(actions, form, loc)
	}
	return cmd
}

// lookUp returns the actions that an id of any kind names.
func (s *session) lookUp(ctx context.Context, a source, id string) ([]storage.Action, error) {
	if s.fromIn {
		return s.lookUpOnce(ctx, a, id)
	}
	queries := []storage.Query{{ID: storage.ID(id)}, {RequestID: id}}
	if trace, ok := storage.ParseTraceID(id); ok {
		queries = append(queries, storage.Query{TraceID: trace})
	}
	for _, q := range queries {
		q.Sort, q.Limit = storage.OldestFirst, storage.MaxLimit
		page, err := a.Search(ctx, q)
		if err != nil || len(page.Actions) > 0 {
			return page.Actions, err
		}
	}
	return nil, nil
}

// lookUpOnce is lookUp for what can be read only once.
func (s *session) lookUpOnce(ctx context.Context, a source, id string) ([]storage.Action, error) {
	var byKind [3][]storage.Action
	for act, err := range s.inOrder(ctx, a, storage.Query{}) {
		if err != nil {
			return nil, err
		}
		kind := -1
		switch {
		case string(act.ID) == id:
			kind = 0
		case act.HTTP != nil && act.HTTP.RequestID == id:
			kind = 1
		case act.TraceID.String() == strings.ToLower(id):
			kind = 2
		}
		if kind >= 0 && len(byKind[kind]) < storage.MaxLimit {
			byKind[kind] = append(byKind[kind], *act)
		}
	}
	for _, list := range byKind {
		if len(list) > 0 {
			return list, nil
		}
	}
	return nil, nil
}

func (s *session) showAll(actions []storage.Action, form string, loc *time.Location) error {
	if form != "table" {
		return s.list(these(actions), form, loc)
	}
	for i := range actions {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if err := s.showOne(&actions[i], loc); err != nil {
			return err
		}
	}
	return found(len(actions) > 0)
}

// showOne writes an action a field a line.
func (s *session) showOne(a *storage.Action, loc *time.Location) error {
	g := grid{columns: []column{{head: "FIELD"}, {head: "VALUE"}}, headless: true}
	field := func(name, value string) {
		if value != "" {
			g.add(name, value)
		}
	}
	field("id", string(a.ID))
	field("ended", a.Time.In(loc).Format("2006-01-02 15:04:05.999999999 -07:00"))
	field("duration", a.Duration.String())
	field("service", a.Service)
	field("action", a.Action)
	colour := green
	if a.Failed() {
		colour = red
	}
	g.add("status", colouredText{string(a.Status), colour})
	field("error", a.Error)
	if h := a.HTTP; h != nil {
		field("method", h.Method)
		field("route", h.Route)
		field("path", h.Path)
		field("code", strconv.Itoa(h.Code))
		field("bytes", strconv.FormatInt(h.Bytes, 10))
		if h.Remote.IsValid() {
			field("remote", h.Remote.String())
		}
		field("request id", h.RequestID)
		field("outcome", string(h.Outcome))
	}
	field("trace id", a.TraceID.String())
	field("span id", a.SpanID.String())
	field("instance", a.Instance)
	for _, at := range a.Attrs {
		field("attr "+at.Key, at.Value)
	}
	return g.table(s.out, s.view(loc))
}
