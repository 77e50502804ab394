package clickhouse

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var scripts embed.FS

const distributedScript = ".distributed.sql"

// Version is the version of a server.
type Version struct{ Major, Minor int }

// String returns the version as servers write it.
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

func (v Version) atLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// leastVersion is the oldest that this package was run on.
var leastVersion = Version{18, 16}

// modern servers have TTL, codecs, LowCardinality, and read in the order of the
// key from its end.
func (v Version) modern() bool { return v.atLeast(20, 3) }

// migrations returns the scripts in their order; the first makes schema 1. The
// second of each pair is for clusters alone.
func migrations() ([][2]string, error) {
	files, err := fs.Glob(scripts, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	list := make([][2]string, 0, len(files))
	for _, file := range files {
		if strings.HasSuffix(file, distributedScript) {
			continue
		}
		number, _, _ := strings.Cut(path.Base(file), "_")
		if n, err := strconv.Atoi(number); err != nil || n != len(list)+1 {
			return nil, fmt.Errorf("migration %s does not continue the others", file)
		}
		var pair [2]string
		for i, name := range []string{file, strings.TrimSuffix(file, ".sql") + distributedScript} {
			text, err := scripts.ReadFile(name)
			if err != nil {
				return nil, err
			}
			pair[i] = string(text)
		}
		list = append(list, pair)
	}
	return list, nil
}

// Schema returns the statements that make the tables of a database on a server
// of a version, for those who want to read them, or to run them themselves, on
// each server if opts.NoKeeper is set. Run twice they change nothing.
func Schema(database string, v Version, opts Options) ([]string, error) {
	t, err := nameTables(database, opts.withDefaults().Table, opts.Cluster != "")
	if err != nil {
		return nil, err
	}
	list, err := migrations()
	if err != nil {
		return nil, err
	}
	all := []string{marker(t, &opts, 0)}
	for i := range list {
		all = append(append(all, migration(list[i], t, v, &opts)...), marker(t, &opts, i+1))
	}
	return all, nil
}

// marker returns the statement that says that a schema is there. A marker is a
// view, so that it is made on all servers at once, as tables are; the greatest
// number counts. Number 0 is made before any table.
func marker(t *tables, opts *Options, number int) string {
	return fmt.Sprintf("CREATE VIEW IF NOT EXISTS %s.%s%d%s AS SELECT 'actionlog' AS program, %d AS version", t.database, t.schema, number, onCluster(opts), number)
}

func onCluster(opts *Options) string {
	if opts.Cluster == "" || opts.NoKeeper {
		return ""
	}
	return " ON CLUSTER " + quoted(opts.Cluster)
}

// migration returns the statements of a migration.
func migration(pair [2]string, t *tables, v Version, opts *Options) []string {
	text := pair[0]
	if opts.Cluster != "" {
		text += pair[1]
	}
	replace := []string{
		"{on_cluster}", onCluster(opts), "{cluster}", quoted(opts.Cluster), "{database}", quoted(t.database),
		"{all_logs}", t.allLogs, "{all_ledger}", t.allLedger, "{all_rollups}", t.allRollups, "{all_clears}", t.allClears,
		"{view}", t.view,
	}
	for name, table := range map[string]string{"logs": t.logs, "ledger": t.ledger, "rollups": t.rollups, "clears": t.clears} {
		_, bare, _ := strings.Cut(table, ".")
		replace = append(replace, "{"+name+"}", table, "{bare "+name+"}", quoted(bare))
		for kind, engine := range map[string]string{
			"replacing": "ReplacingMergeTree()", "versioned": "ReplacingMergeTree(inserted)", "aggregating": "AggregatingMergeTree()", "plain": "MergeTree()",
		} {
			replace = append(replace, "{"+kind+" "+name+"}", engineOf(engine, table, opts))
		}
	}
	replace = append(replace, byVersion(v, opts)...)
	var list []string
	for statement := range strings.SplitSeq(strings.NewReplacer(replace...).Replace(withoutComments(text)), ";\n") {
		if statement = strings.TrimSpace(statement); statement != "" {
			list = append(list, statement)
		}
	}
	return list
}

// byVersion returns what an old server does not know, or "" in its place.
func byVersion(v Version, opts *Options) []string {
	ttl := func(seconds string) string {
		days := (opts.withDefaults().MaxAge + 24*time.Hour - 1) / (24 * time.Hour)
		if days <= 0 || !v.modern() {
			return ""
		}
		return fmt.Sprintf("\nTTL toDateTime(%s, 'UTC') + toIntervalDay(%d)", seconds, days)
	}
	name, codecTime, codecText, dropParts := "String", "", "", ""
	if v.modern() {
		name, codecTime, codecText = "LowCardinality(String)", " CODEC(Delta, ZSTD(1))", " CODEC(ZSTD(1))"
		if ttl("") != "" {
			dropParts = ", ttl_only_drop_parts = 1"
		}
	}
	return []string{
		"{name}", name, "{codec_time}", codecTime, "{codec_text}", codecText, "{drop_parts}", dropParts,
		"{ttl_logs}", ttl("intDiv(time_ns, 1000000000)"), "{ttl_ledger}", ttl("toUInt32(minute * 60)"), "{ttl_rollups}", ttl("toUInt32(start * 60)"),
	}
}

// engineOf returns the engine of a table, replicated if that is asked for.
func engineOf(engine, table string, opts *Options) string {
	if !opts.Replicated {
		return engine
	}
	name, args, _ := strings.Cut(strings.TrimSuffix(engine, ")"), "(")
	if args != "" {
		args = ", " + args
	}
	shard := "{shard}"
	if opts.Cluster == "" {
		shard = "all"
	}
	return fmt.Sprintf("Replicated%s('/clickhouse/tables/%s/%s', '{replica}'%s)", name, shard, strings.ReplaceAll(table, ".", "/"), args)
}

// withoutComments drops what stands behind two hyphens, and empty lines.
func withoutComments(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "--")
		if code = strings.TrimRight(code, " \n"); code != "" {
			b.WriteString(code)
			b.WriteByte('\n')
		}
	}
	return b.String()
}
