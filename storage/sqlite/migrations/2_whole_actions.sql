-- Everything else that an action holds. A row that another program inserted has
-- no action_id until it is adopted.
ALTER TABLE action_logs ADD COLUMN action_id BLOB;       -- the id in a shorter form of the same order
ALTER TABLE action_logs ADD COLUMN time_ns INTEGER;      -- timestamp, in nanoseconds since 1970
ALTER TABLE action_logs ADD COLUMN duration_ns INTEGER;  -- duration, in nanoseconds
ALTER TABLE action_logs ADD COLUMN http_code INTEGER;    -- NULL for an action that is no request
ALTER TABLE action_logs ADD COLUMN http_method TEXT;     -- NULL where action is method, space and route
ALTER TABLE action_logs ADD COLUMN http_route TEXT;      -- NULL where action is method, space and route
ALTER TABLE action_logs ADD COLUMN http_path TEXT;       -- NULL where it is the route
ALTER TABLE action_logs ADD COLUMN http_bytes INTEGER;
ALTER TABLE action_logs ADD COLUMN http_remote BLOB;     -- 4 bytes for IPv4, 16 for IPv6
ALTER TABLE action_logs ADD COLUMN http_outcome TEXT;
ALTER TABLE action_logs ADD COLUMN request_id TEXT;      -- NULL where it is the action's id
ALTER TABLE action_logs ADD COLUMN trace_id BLOB;
ALTER TABLE action_logs ADD COLUMN span_id BLOB;
ALTER TABLE action_logs ADD COLUMN instance TEXT;
ALTER TABLE action_logs ADD COLUMN attrs TEXT;           -- an object of strings, as JSON

-- The three indexes go on in the order of time, so that each serves a page of
-- the newest. The one by timestamp is ascending: where rows arrive in the order
-- of time, half of every page of a descending index stays empty. The one by status
-- leaves out what succeeded, which is nearly everything and no help to find.
DROP INDEX IF EXISTS idx_action_logs_timestamp;
DROP INDEX IF EXISTS idx_action_logs_service;
DROP INDEX IF EXISTS idx_action_logs_status;

-- Names of services and actions, for the roll-ups.
CREATE TABLE action_names (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    action TEXT NOT NULL,
    UNIQUE (service, action)
);

-- What happened in each minute, hour and day. The key is
-- epoch << 32 | step << 30 | minute, with the step 0 for a minute, 1 for an hour
-- and 2 for a day, and the minute since 1970 with which it begins.
CREATE TABLE action_rollups (
    key INTEGER PRIMARY KEY,
    summary BLOB NOT NULL
);

-- Which rows count: those behind the line of the last clear, and not older than
-- what retention keeps. Roll-ups count of the epoch that began at the line.
CREATE TABLE action_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,     -- how many clears there were
    line_id INTEGER NOT NULL,   -- the greatest id at the last clear
    floor_ns INTEGER NOT NULL,  -- what ended earlier is removed
    low_ns INTEGER NOT NULL,    -- no row that counts ended earlier
    low_text TEXT NOT NULL,     -- low_ns as a timestamp
    since_ns INTEGER NOT NULL   -- when the counting began
);
