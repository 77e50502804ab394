CREATE VIEW IF NOT EXISTS logs.action_logs_schema_0 ON CLUSTER 'main' AS SELECT 'actionlog' AS program, 0 AS version;

CREATE TABLE IF NOT EXISTS logs.action_logs_local ON CLUSTER 'main' (
    action_id String CODEC(ZSTD(1)),
    time_ns Int64 CODEC(Delta, ZSTD(1)),
    written_ns Int64 CODEC(Delta, ZSTD(1)),
    service LowCardinality(String),
    action LowCardinality(String),
    status Enum8('success' = 0, 'failed' = 1),
    duration_ns Int64,
    duration_bucket UInt16,
    error String CODEC(ZSTD(1)),
    http_code Int16,
    http_method LowCardinality(String),
    http_route LowCardinality(String),
    http_path String CODEC(ZSTD(1)),
    http_bytes Int64,
    http_remote String,
    http_outcome LowCardinality(String),
    request_id String CODEC(ZSTD(1)),
    trace_id FixedString(16),
    span_id FixedString(8),
    instance LowCardinality(String),
    attr_keys Array(LowCardinality(String)),
    attr_values Array(String)
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/logs/action_logs_local', '{replica}')
PARTITION BY toYYYYMMDD(toDateTime(intDiv(time_ns, 1000000000), 'UTC'))
ORDER BY (time_ns, action_id)
SETTINGS index_granularity = 8192;

CREATE TABLE IF NOT EXISTS logs.action_logs_ledger_local ON CLUSTER 'main' (
    minute UInt32,
    inserted AggregateFunction(count),
    last AggregateFunction(max, Int64)
) ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/logs/action_logs_ledger_local', '{replica}')
PARTITION BY toYYYYMM(toDateTime(toUInt32(minute * 60), 'UTC'))
ORDER BY minute;

CREATE MATERIALIZED VIEW IF NOT EXISTS logs.action_logs_ledger_view ON CLUSTER 'main' TO logs.action_logs_ledger_local AS
SELECT toUInt32(intDiv(time_ns, 60000000000)) AS minute, countState() AS inserted, maxState(written_ns) AS last
FROM logs.action_logs_local GROUP BY minute;

CREATE TABLE IF NOT EXISTS logs.action_logs_rollups_local ON CLUSTER 'main' (
    line Int64,
    step UInt8,
    start UInt32,
    service LowCardinality(String),
    action LowCardinality(String),
    failed UInt8,
    inserted UInt64,
    total UInt64,
    longest Int64,
    buckets Array(UInt16),
    counts Array(UInt64)
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/logs/action_logs_rollups_local', '{replica}', inserted)
PARTITION BY toYYYYMM(toDateTime(toUInt32(start * 60), 'UTC'))
ORDER BY (line, step, start, service, action, failed);

CREATE TABLE IF NOT EXISTS logs.action_logs_clears_local ON CLUSTER 'main' (
    line Int64,
    at Int64
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/logs/action_logs_clears_local', '{replica}')
PARTITION BY tuple()
ORDER BY (line, at);

CREATE TABLE IF NOT EXISTS logs.action_logs ON CLUSTER 'main' AS logs.action_logs_local ENGINE = Distributed('main', 'logs', 'action_logs_local', cityHash64(action_id));

CREATE TABLE IF NOT EXISTS logs.action_logs_ledger ON CLUSTER 'main' AS logs.action_logs_ledger_local ENGINE = Distributed('main', 'logs', 'action_logs_ledger_local');

CREATE TABLE IF NOT EXISTS logs.action_logs_rollups ON CLUSTER 'main' AS logs.action_logs_rollups_local ENGINE = Distributed('main', 'logs', 'action_logs_rollups_local', intHash32(start));

CREATE TABLE IF NOT EXISTS logs.action_logs_clears ON CLUSTER 'main' AS logs.action_logs_clears_local ENGINE = Distributed('main', 'logs', 'action_logs_clears_local', intHash32(toUInt32(at)));

CREATE VIEW IF NOT EXISTS logs.action_logs_schema_1 ON CLUSTER 'main' AS SELECT 'actionlog' AS program, 1 AS version;
