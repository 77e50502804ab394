package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"actionlog/archive/ship"
	"actionlog/storage/clickhouse"

	"github.com/spf13/cobra"
)

func (s *session) shipClickHouseCommand() *cobra.Command {
	var o clickhouse.Options
	var passwordFile string
	cmd := &cobra.Command{
		Use:   "clickhouse [flags] DSN [FOLDER]",
		Short: "Write actions to a table of ClickHouse",
		Long: `Write actions to a table of ClickHouse, which is made if it is not there, where the
admin APIs of many machines find them. What is sent again is not there twice. The
DSN is as clickhouse://USER@HOST:9000/DATABASE?secure=true, without the password.` + secretHelp,
		Example: example(
			"actionlog ship clickhouse clickhouse://writer@db.example:9440/logs?secure=true actions/",
			"actionlog ship clickhouse --cluster main clickhouse://one:9000,two:9000/logs actions/",
		),
		Args: atLeast(1, "a DSN is missing; actionlog ship clickhouse --help tells more"),
	}
	x := s.addShipment(cmd)
	f := cmd.Flags()
	f.StringVar(&passwordFile, "password-file", "", "`file` with the user's password; else the variable "+shipPasswordVar+" or "+passwordVar)
	f.StringVar(&o.Table, "table", "", "`name` of the table (default action_logs)")
	f.StringVar(&o.Cluster, "cluster", "", "`name` of the cluster over which the actions are spread (default none)")
	f.BoolVar(&o.Replicated, "replicated", false, "make the tables of a shard copies of one another")
	f.StringVar(&o.Instance, "instance", "", "`name` for actions that say no instance, - for none (default the name of this host)")
	f.DurationVar(&o.Timeout, "timeout", 0, "how long one statement may take (default 1m)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return x.run(cmd.Context(), func(ctx context.Context, _ string, dry bool) (target, error) {
			place, err := placeOfDSN(args[0])
			if err != nil {
				return target{}, err
			}
			if o.Password, err = s.password(passwordFile); err != nil {
				return target{}, err
			}
			if dry {
				return target{ship.NewWriter(io.Discard), place, nothing}, nil
			}
			o.Lazy = true
			store, err := clickhouse.Open(ctx, args[0], o)
			if err != nil {
				return target{}, fmt.Errorf("deliver to ClickHouse: %w", err)
			}
			return target{ship.To(store), place, store.Close}, nil
		}, args[1:])
	}
	return cmd
}

// mostPassword is how long the file of a password may be.
const mostPassword = 64 << 10

// password returns the password in a file, else that of a variable: the one of
// deliveries, or those by which the other commands read from ClickHouse.
func (s *session) password(file string) (string, error) {
	for _, name := range []string{shipPasswordVar, passwordVar} {
		if text := s.env.Getenv(name); file == "" && text != "" {
			return text, nil
		}
	}
	if file == "" {
		file = s.env.Getenv(passwordFileVar)
	}
	if file == "" {
		return "", nil
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostPassword+1))
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	b = bytes.TrimSpace(b)
	if len(b) == 0 || len(b) > mostPassword || bytes.ContainsAny(b, "\r\n") {
		return "", fmt.Errorf("read the password: %s holds no password; allowed is one line", file)
	}
	return string(b), nil
}

// placeOfDSN names the servers of a DSN for people, and refuses a password in it,
// which others see.
func placeOfDSN(dsn string) (string, error) {
	_, rest, ok := strings.Cut(dsn, "://")
	if !ok {
		return "", errors.New("the DSN is not understood; allowed is one such as clickhouse://USER@HOST:9000/DATABASE")
	}
	rest, query, _ := strings.Cut(rest, "?")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if strings.Contains(rest[:at], ":") {
			return "", fmt.Errorf("the DSN holds a password, which others see; --password-file names its file, or the variable %s holds it", shipPasswordVar)
		}
		rest = rest[at+1:]
	}
	if strings.Contains(strings.ToLower(query), "password") {
		return "", fmt.Errorf("the DSN holds a password, which others see; --password-file names its file, or the variable %s holds it", shipPasswordVar)
	}
	return "ClickHouse at " + rest, nil
}
