-- Behind the adoption of rows that were there before, which is faster without.
CREATE UNIQUE INDEX idx_action_logs_action_id ON action_logs(action_id);
CREATE INDEX idx_action_logs_timestamp ON action_logs(timestamp);
CREATE INDEX idx_action_logs_service ON action_logs(service, time_ns);
CREATE INDEX idx_action_logs_status ON action_logs(status, time_ns, service) WHERE status = 'failed';
