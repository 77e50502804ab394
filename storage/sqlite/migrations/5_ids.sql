-- An id of another form finds its row at once. Where a run says the id it costs
-- nothing.
CREATE UNIQUE INDEX idx_action_logs_action_id ON action_logs(action_id) WHERE action_id IS NOT NULL;

-- Which rows may hold a request id or a trace id.
CREATE TABLE action_keys (
    first_id INTEGER PRIMARY KEY,  -- action_logs.id of the first row
    last_id INTEGER NOT NULL,      -- and of the last
    hashes BLOB NOT NULL           -- four bytes for each id, FNV-1a, little-endian; empty if they are not known
);
INSERT INTO action_keys SELECT a, b, x'' FROM
    (SELECT min(id) AS a, max(id) AS b FROM action_logs WHERE request_id IS NOT NULL OR trace_id IS NOT NULL) WHERE a IS NOT NULL;

-- Rows that another program inserted are found until they are adopted.
CREATE INDEX idx_action_logs_inserted ON action_logs(id) WHERE time_ns IS NULL;
