-- Who has an id of any kind finds its rows at once. Only those rows are in these
-- indexes that hold such an id themselves; where a request came without one, and
-- is known by its action's, they cost nothing.
CREATE UNIQUE INDEX idx_action_logs_action_id ON action_logs(action_id) WHERE action_id IS NOT NULL;
CREATE INDEX idx_action_logs_request_id ON action_logs(request_id) WHERE request_id IS NOT NULL;
CREATE INDEX idx_action_logs_trace_id ON action_logs(trace_id) WHERE trace_id IS NOT NULL;

-- And so are rows that another program inserted, until they are adopted.
CREATE INDEX idx_action_logs_inserted ON action_logs(id) WHERE time_ns IS NULL;
