CREATE VIEW IF NOT EXISTS logs.other_schema_0 AS SELECT 'actionlog' AS program, 0 AS version;

CREATE TABLE IF NOT EXISTS logs.other_local (
    action_id String,
    time_ns Int64,
    written_ns Int64,
    service String,
    action String,
    status Enum8('success' = 0, 'failed' = 1),
    duration_ns Int64,
    duration_bucket UInt16,
    error String,
    http_code Int16,
    http_method String,
    http_route String,
    http_path String,
    http_bytes Int64,
    http_remote String,
    http_outcome String,
    request_id String,
    trace_id FixedString(16),
    span_id FixedString(8),
    instance String,
    attr_keys Array(String),
    attr_values Array(String)
) ENGINE = ReplacingMergeTree()
PARTITION BY toYYYYMMDD(toDateTime(intDiv(time_ns, 1000000000), 'UTC'))
ORDER BY (time_ns, action_id)
SETTINGS index_granularity = 8192;

CREATE TABLE IF NOT EXISTS logs.other_ledger_local (
    minute UInt32,
    inserted AggregateFunction(count),
    last AggregateFunction(max, Int64)
) ENGINE = AggregatingMergeTree()
PARTITION BY toYYYYMM(toDateTime(toUInt32(minute * 60), 'UTC'))
ORDER BY minute;

CREATE MATERIALIZED VIEW IF NOT EXISTS logs.other_ledger_view TO logs.other_ledger_local AS
SELECT toUInt32(intDiv(time_ns, 60000000000)) AS minute, countState() AS inserted, maxState(written_ns) AS last
FROM logs.other_local GROUP BY minute;

CREATE TABLE IF NOT EXISTS logs.other_rollups_local (
    line Int64,
    step UInt8,
    start UInt32,
    service String,
    action String,
    failed UInt8,
    inserted UInt64,
    total UInt64,
    longest Int64,
    buckets Array(UInt16),
    counts Array(UInt64)
) ENGINE = ReplacingMergeTree(inserted)
PARTITION BY toYYYYMM(toDateTime(toUInt32(start * 60), 'UTC'))
ORDER BY (line, step, start, service, action, failed);

CREATE TABLE IF NOT EXISTS logs.other_clears_local (
    line Int64,
    at Int64
) ENGINE = MergeTree()
PARTITION BY tuple()
ORDER BY (line, at);

CREATE TABLE IF NOT EXISTS logs.other AS logs.other_local ENGINE = Distributed('main', 'logs', 'other_local', cityHash64(action_id));

CREATE TABLE IF NOT EXISTS logs.other_ledger AS logs.other_ledger_local ENGINE = Distributed('main', 'logs', 'other_ledger_local');

CREATE TABLE IF NOT EXISTS logs.other_rollups AS logs.other_rollups_local ENGINE = Distributed('main', 'logs', 'other_rollups_local', intHash32(start));

CREATE TABLE IF NOT EXISTS logs.other_clears AS logs.other_clears_local ENGINE = Distributed('main', 'logs', 'other_clears_local', intHash32(toUInt32(at)));

CREATE VIEW IF NOT EXISTS logs.other_schema_1 AS SELECT 'actionlog' AS program, 1 AS version;
