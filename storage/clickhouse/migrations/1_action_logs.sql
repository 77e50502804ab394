-- Every action that was written. A repeat has the time and the id of the first
-- and goes away when parts are merged; until then, readers count by id.
CREATE TABLE IF NOT EXISTS {logs}{on_cluster} (
    action_id String{codec_text},
    time_ns Int64{codec_time},                  -- when it ended, in nanoseconds since 1970
    written_ns Int64{codec_time},               -- when it was written, by the writer's clock, and behind the last clear
    service {name},
    action {name},
    status Enum8('success' = 0, 'failed' = 1),
    duration_ns Int64,
    duration_bucket UInt16,                     -- of the histogram that all stores share
    error String{codec_text},
    http_code Int16,                            -- -1 for an action that is no request
    http_method {name},
    http_route {name},
    http_path String{codec_text},
    http_bytes Int64,
    http_remote String,
    http_outcome {name},
    request_id String{codec_text},
    trace_id FixedString(16),                   -- zeros where there is none
    span_id FixedString(8),
    instance {name},
    attr_keys Array({name}),
    attr_values Array(String)
) ENGINE = {replacing logs}
PARTITION BY toYYYYMMDD(toDateTime(intDiv(time_ns, 1000000000), 'UTC'))
ORDER BY (time_ns, action_id){ttl_logs}
SETTINGS index_granularity = 8192{drop_parts};

-- How many rows of each minute were ever inserted, repeats among them: what was
-- counted of a minute is right as long as this number is what it was then.
CREATE TABLE IF NOT EXISTS {ledger}{on_cluster} (
    minute UInt32,                              -- since 1970
    inserted AggregateFunction(count),
    last AggregateFunction(max, Int64)          -- the greatest written_ns
) ENGINE = {aggregating ledger}
PARTITION BY toYYYYMM(toDateTime(toUInt32(minute * 60), 'UTC'))
ORDER BY minute{ttl_ledger};

CREATE MATERIALIZED VIEW IF NOT EXISTS {view}{on_cluster} TO {ledger} AS
SELECT toUInt32(intDiv(time_ns, 60000000000)) AS minute, countState() AS inserted, maxState(written_ns) AS last
FROM {logs} GROUP BY minute;

-- What was counted of a minute, or of an hour, by id. What was counted when more
-- rows had been inserted takes the place of what was counted before.
CREATE TABLE IF NOT EXISTS {rollups}{on_cluster} (
    line Int64,                                 -- of the last clear, behind which it was counted
    step UInt8,                                 -- 0 a minute, 1 an hour; 2 and 3 without names
    start UInt32,                               -- the minute since 1970 with which it begins
    service {name},
    action {name},
    failed UInt8,
    inserted UInt64,                            -- what the ledger said before the rows were counted
    total UInt64,
    longest Int64,                              -- nanoseconds
    buckets Array(UInt16),
    counts Array(UInt64)
) ENGINE = {versioned rollups}
PARTITION BY toYYYYMM(toDateTime(toUInt32(start * 60), 'UTC'))
ORDER BY (line, step, start, service, action, failed){ttl_rollups};

-- Lines behind which actions count; the first says when the tables were made.
CREATE TABLE IF NOT EXISTS {clears}{on_cluster} (
    line Int64,                                 -- a written_ns; 0 for the first
    at Int64                                    -- when it was drawn, in nanoseconds since 1970
) ENGINE = {plain clears}
PARTITION BY tuple()
ORDER BY (line, at);
