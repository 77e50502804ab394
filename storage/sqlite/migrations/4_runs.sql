-- Ids that follow from one another are said once for all of the rows. What is
-- left in action_id are ids of another form, as text, and those of adopted rows.
DROP INDEX idx_action_logs_action_id;
CREATE TABLE action_runs (
    first_id INTEGER PRIMARY KEY,  -- action_logs.id of the first row
    last_id INTEGER NOT NULL,      -- and of the last; those between follow one another
    process TEXT NOT NULL,         -- the first 17 characters of their action ids
    number INTEGER NOT NULL        -- what the other 10 say, in base 32, of the first row
);
CREATE INDEX idx_action_runs_process ON action_runs(process, number);

-- When all was cleared. Counting also begins anew where the clock was ahead.
ALTER TABLE action_state ADD COLUMN cleared_ns INTEGER NOT NULL DEFAULT 0;
UPDATE action_state SET cleared_ns = since_ns WHERE epoch > 0;
