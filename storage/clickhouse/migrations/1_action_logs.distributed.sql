-- The rows of an id are all on the shard that its hash says.
CREATE TABLE IF NOT EXISTS {all_logs}{on_cluster} AS {logs} ENGINE = Distributed({cluster}, {database}, {bare logs}, cityHash64(action_id));

CREATE TABLE IF NOT EXISTS {all_ledger}{on_cluster} AS {ledger} ENGINE = Distributed({cluster}, {database}, {bare ledger});

-- And those of a minute or an hour, so that they come and go together.
CREATE TABLE IF NOT EXISTS {all_rollups}{on_cluster} AS {rollups} ENGINE = Distributed({cluster}, {database}, {bare rollups}, intHash32(start));

CREATE TABLE IF NOT EXISTS {all_clears}{on_cluster} AS {clears} ENGINE = Distributed({cluster}, {database}, {bare clears}, intHash32(toUInt32(at)));
