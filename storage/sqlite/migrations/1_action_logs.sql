-- The table as it has always been. A database that has it already begins with
-- the next migration.
CREATE TABLE action_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp TEXT NOT NULL,
    service TEXT NOT NULL,
    action TEXT NOT NULL,
    status TEXT NOT NULL,  -- 'success' or 'failed'
    duration INTEGER NOT NULL,  -- milliseconds
    error TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_action_logs_timestamp ON action_logs(timestamp DESC);
CREATE INDEX idx_action_logs_service ON action_logs(service);
CREATE INDEX idx_action_logs_status ON action_logs(status);
