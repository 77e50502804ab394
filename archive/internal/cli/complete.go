package cli

import (
	"context"
	"maps"
	"slices"
	"time"

	"actionlog/storage"

	"github.com/spf13/cobra"
)

// completeWithin is how long a shell waits for the names in an archive.
const completeWithin = time.Second

// completeNames has a shell offer the names of services and actions that the
// archive has, unless it takes too long to find them.
func (s *session) completeNames(cmd *cobra.Command, paths func(args []string) []string) {
	complete := func(names func(map[string]storage.ServiceStats) []string) cobra.CompletionFunc {
		return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return names(s.services(cmd.Context(), paths(args))), cobra.ShellCompDirectiveNoFileComp
		}
	}
	cmd.RegisterFlagCompletionFunc("service", complete(func(services map[string]storage.ServiceStats) []string {
		return plainNames(maps.Keys(services))
	}))
	cmd.RegisterFlagCompletionFunc("action", complete(func(services map[string]storage.ServiceStats) []string {
		actions := map[string]bool{}
		for _, st := range services {
			for name := range st.Actions {
				actions[name] = true
			}
		}
		return plainNames(maps.Keys(actions))
	}))
}

// services returns what the archive counts, or nothing where that is trouble.
func (s *session) services(ctx context.Context, paths []string) map[string]storage.ServiceStats {
	if len(paths) == 1 && isDatabase(paths[0]) {
		return nil // a key press is not to ask a server
	}
	a, err := s.openQuietly(paths)
	if err != nil || s.fromIn {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, completeWithin)
	defer cancel()
	st, err := a.Stats(ctx, storage.Query{})
	if err != nil {
		return nil
	}
	return st.Services
}

// plainNames returns the names that are safe to put on a command line, sorted.
func plainNames(names func(func(string) bool)) []string {
	list := slices.Sorted(names)
	return slices.DeleteFunc(list, func(name string) bool { return escape(name) != name })
}
