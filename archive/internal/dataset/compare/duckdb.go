package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// duckScript runs one query and prints its rows as JSON Lines.
const duckScript = `const {DuckDBInstance} = require('@duckdb/node-api');
(async () => {
	const db = await (await DuckDBInstance.create(':memory:')).connect();
	const rows = (await db.runAndReadAll(process.argv[1])).getRowObjectsJson();
	process.stdout.write(rows.map(row => JSON.stringify(row) + '\n').join(''));
})().catch(err => { console.error(err); process.exit(1); });`

// duckTool is DuckDB on the gzip files. Each query names the columns that it
// needs with their types, so that nothing is guessed and no other is parsed.
func duckTool(s *subject, tools string) (*tool, error) {
	modules := filepath.Join(tools, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "@duckdb", "node-api")); tools == "" || err != nil {
		return nil, errors.New("it is not in the folder of tools")
	}
	node, err := version("node")
	if err != nil {
		return nil, err
	}
	env := []string{"NODE_PATH=" + modules}
	query := func(sql string) []string { return []string{"node", "-e", duckScript, sql} }
	from := func(files []string, columns string) string {
		return fmt.Sprintf("read_json(['%s'], format = 'newline_delimited', columns = {%s})", strings.Join(files, "', '"), columns)
	}
	const row = "id: 'VARCHAR', status: 'VARCHAR', \"durationNs\": 'BIGINT'"
	const found = `SELECT id, status, "durationNs" FROM `
	const http = `, http: 'STRUCT("route" VARCHAR, "requestId" VARCHAR)'`
	stamp := func(t time.Time) string { return "TIMESTAMP '" + t.Format(time.DateTime) + "'" }
	text := func(files []string) []string {
		return query(found + from(files, row+", error: 'VARCHAR', action: 'VARCHAR', service: 'VARCHAR'"+http) + fmt.Sprintf(
			" WHERE contains(http.requestId, '%[1]s') OR contains(error, '%[1]s') OR contains(action, '%[1]s') OR contains(service, '%[1]s') OR contains(http.route, '%[1]s')", s.needle))
	}
	stats := func(quantile string) []string {
		return query(fmt.Sprintf(`SELECT service, action, count(*) AS total, count(*) FILTER (status = 'failed') AS failed,
			%[1]s("durationNs", 0.5) AS p50, %[1]s("durationNs", 0.95) AS p95, %[1]s("durationNs", 0.99) AS p99
			FROM %[2]s GROUP BY ALL`, quantile, from(s.sealed, "service: 'VARCHAR', action: 'VARCHAR', status: 'VARCHAR', \"durationNs\": 'BIGINT'")))
	}
	errs := fmt.Sprintf(`SELECT count(*) AS count,
		regexp_replace(regexp_replace(regexp_replace(error, '''[^'']*''', '''<s>''', 'g'),
			'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<id>', 'g'), '[0-9]+([.:,][0-9]+)*', '<n>', 'g') AS template
		FROM %s WHERE status = 'failed' GROUP BY template ORDER BY count DESC, template LIMIT %d`, from(s.sealed, "error: 'VARCHAR', status: 'VARCHAR'"), topErrors)
	return &tool{
		name:  "DuckDB",
		about: says("version " + duckVersion(modules) + " through Node " + node + ", column types given; statistics by quantile_disc, which is exact, estimates by approx_quantile"),
		asks: map[string]ask{
			askID: {args: query(found + from(s.sealed, row+http) + " WHERE http.requestId = '" + s.requestID + "'"), env: env, read: readActions},
			askFailed: {args: query(found + from(s.sealed, row+", service: 'VARCHAR', timestamp: 'TIMESTAMP'") + fmt.Sprintf(
				" WHERE status = 'failed' AND service = '%s' AND timestamp >= %s AND timestamp < %s", s.service, stamp(s.from), stamp(s.to))), env: env, read: readActions},
			askStats:     {args: stats("quantile_disc"), env: env, read: readPairs(1)},
			askEstimates: {args: stats("approx_quantile"), env: env, read: readPairs(1)},
			askErrors:    {args: query(errs), env: env, read: readTemplates},
			askText:      {args: text(s.sealed), env: env, read: readActions},
			askPlain:     {args: text(s.gzip), env: env, read: readActions},
		},
	}, nil
}

// duckVersion returns the version of the package, which is DuckDB's.
func duckVersion(modules string) string {
	b, err := os.ReadFile(filepath.Join(modules, "@duckdb", "node-api", "package.json"))
	var manifest struct{ Version string }
	if err != nil || json.Unmarshal(b, &manifest) != nil {
		return "unknown"
	}
	number, _, _ := strings.Cut(manifest.Version, "-")
	return number
}
