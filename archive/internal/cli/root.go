package cli

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

const longRoot = `actionlog answers questions about an archive of actions: a folder with a file of
JSON Lines a day, plain or in gzip.

Each command reads the folder or the files that are named behind its flags,
else the folder that the variable ACTIONLOG_DIR names, else ./actions; - is
standard input. search, stats, errors, slow, show, export, compare, tail and serve
also read a database, clickhouse://USER@HOST:9000/DATABASE?cluster=NAME, whose
password is in the variable ACTIONLOG_CLICKHOUSE_PASSWORD, or in the file that
ACTIONLOG_CLICKHOUSE_PASSWORD_FILE names.

The exit status is 0 where something was found, 1 where nothing was, and 2
where something could not be read or understood. With NO_COLOR set there are no
colours.`

// root returns the command with all others below it.
func (s *session) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "actionlog",
		Short:         "Search and analyse an archive of actions",
		Long:          longRoot,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.Help()
			s.out.Flush()
			return errTold
		},
	}
	root.SetIn(s.env.Stdin)
	root.SetOut(s.out)
	root.SetErr(s.env.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; %s --help tells more", err, cmd.CommandPath())
	})
	root.AddCommand(s.commands()...)
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Args = knownShell
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
	return root
}

// knownCommand refuses the name of a command that there is not.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	root.SuggestionsMinimumDistance = 2
	if like := root.SuggestionsFor(args[0]); len(like) > 0 {
		return fmt.Errorf("there is no command %q; did you mean %s? actionlog --help lists all", args[0], strings.Join(like, " or "))
	}
	return fmt.Errorf("there is no command %q; actionlog --help lists those that there are", args[0])
}

// knownShell refuses the name of a shell for which there is no completion.
func knownShell(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var shells []string
	for _, shell := range cmd.Commands() {
		shells = append(shells, shell.Name())
	}
	return fmt.Errorf("there is no completion for %q; allowed is %s", args[0], strings.Join(shells, ", "))
}

// version tells which build this is.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && !strings.Contains(text, s.Value[:min(12, len(s.Value))]) {
			text += " " + s.Value
		}
	}
	return text + " " + info.GoVersion
}

func (s *session) commands() []*cobra.Command {
	return []*cobra.Command{
		s.searchCommand(),
		s.statsCommand(),
		s.errorsCommand(),
		s.slowCommand(),
		s.showCommand(),
		s.exportCommand(),
		s.tailCommand(),
		s.compareCommand(),
		s.verifyCommand(),
		s.indexCommand(),
		s.serveCommand(),
		s.shipCommand(),
		s.pushCommand(),
		s.pullCommand(),
	}
}

// example indents the lines of an example for --help.
func example(lines ...string) string { return "  " + strings.Join(lines, "\n  ") }

// found returns errNothing unless something was.
func found(ok bool) error {
	if !ok {
		return errNothing
	}
	return nil
}

// atLeast asks for a number of arguments at the front, and allows paths behind.
func atLeast(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < n {
			return errors.New(what)
		}
		return nil
	}
}
