CREATE VIEW IF NOT EXISTS logs.action_logs_schema_0 AS SELECT 'actionlog' AS program, 0 AS version;

CREATE TABLE IF NOT EXISTS logs.action_logs (
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
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/logs/action_logs', '{replica}')
PARTITION BY toYYYYMMDD(toDateTime(intDiv(time_ns, 1000000000), 'UTC'))
ORDER BY (time_ns, action_id)
TTL toDateTime(intDiv(time_ns, 1000000000), 'UTC') + toIntervalDay(30)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS logs.action_logs_ledger (
    minute UInt32,
    inserted AggregateFunction(count),
    last AggregateFunction(max, Int64)
) ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/all/logs/action_logs_ledger', '{replica}')
PARTITION BY toYYYYMM(toDateTime(toUInt32(minute * 60), 'UTC'))
ORDER BY minute
TTL toDateTime(toUInt32(minute * 60), 'UTC') + toIntervalDay(30);

CREATE MATERIALIZED VIEW IF NOT EXISTS logs.action_logs_ledger_view TO logs.action_logs_ledger AS
SELECT toUInt32(intDiv(time_ns, 60000000000)) AS minute, countState() AS inserted, maxState(written_ns) AS last
FROM logs.action_logs GROUP BY minute;

CREATE TABLE IF NOT EXISTS logs.action_logs_rollups (
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
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/logs/action_logs_rollups', '{replica}', inserted)
PARTITION BY toYYYYMM(toDateTime(toUInt32(start * 60), 'UTC'))
ORDER BY (line, step, start, service, action, failed)
TTL toDateTime(toUInt32(start * 60), 'UTC') + toIntervalDay(30);

CREATE TABLE IF NOT EXISTS logs.action_logs_clears (
    line Int64,
    at Int64
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/all/logs/action_logs_clears', '{replica}')
PARTITION BY tuple()
ORDER BY (line, at);

CREATE VIEW IF NOT EXISTS logs.action_logs_schema_1 AS SELECT 'actionlog' AS program, 1 AS version;
