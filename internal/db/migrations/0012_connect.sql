-- Connections to systems outside, and what of each record has crossed.

-- credential is sealed. lease names the process that works on the connection.
CREATE TABLE connections (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	base_url TEXT NOT NULL,
	credential TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	settings JSONB NOT NULL,
	mapping JSONB NOT NULL,
	status TEXT NOT NULL,
	failures BIGINT NOT NULL,
	open_until BIGINT NOT NULL,
	last_error TEXT NOT NULL,
	last_error_at BIGINT NOT NULL,
	last_done_at BIGINT NOT NULL,
	lease TEXT NOT NULL,
	lease_until BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;

-- How far a connection is with a kind of records: place is where the system's
-- changes go on, at is how far the records here were looked through.
CREATE TABLE connection_flows (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	connection_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	object TEXT NOT NULL,
	phase TEXT NOT NULL,
	place TEXT NOT NULL,
	at TEXT /*postgres COLLATE "C"*/ NOT NULL,
	next_at BIGINT NOT NULL,
	round BIGINT NOT NULL,
	counts JSONB NOT NULL,
	began_at BIGINT NOT NULL,
	done_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, connection_id, object)
) /*sqlite WITHOUT ROWID*/;

-- One record on both sides: its two ids, what each side was last seen with, and
-- whether anything is to be done about it: due_at is 0 if nothing is. What was
-- deleted stays with both ids, so that nothing brings it back.
CREATE TABLE connection_records (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	connection_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	object TEXT NOT NULL,
	local_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	local_parent TEXT NOT NULL,
	remote_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	remote_parent TEXT NOT NULL,
	state TEXT NOT NULL,
	seen JSONB NOT NULL,
	remote_at BIGINT NOT NULL,
	writes BIGINT NOT NULL,
	trying TEXT NOT NULL,
	wanted BIGINT NOT NULL,
	round BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	attempts BIGINT NOT NULL,
	error TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX connection_records_local ON connection_records (location_id, connection_id, object, local_id) WHERE local_id <> '';
CREATE UNIQUE INDEX connection_records_remote ON connection_records (location_id, connection_id, object, remote_id) WHERE remote_id <> '';
CREATE INDEX connection_records_due ON connection_records (location_id, connection_id, due_at) WHERE due_at > 0;
CREATE INDEX connection_records_state ON connection_records (location_id, connection_id, state, id) WHERE state IN ('rejected', 'skipped');

-- What crossed, which way, which fields, and by what rule.
CREATE TABLE connection_log (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	connection_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	object TEXT NOT NULL,
	local_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	remote_id TEXT NOT NULL,
	way TEXT NOT NULL,
	action TEXT NOT NULL,
	fields JSONB NOT NULL,
	note TEXT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX connection_log_of ON connection_log (location_id, connection_id, id);

/*postgres ALTER TABLE connections ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE connections FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON connections USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE connection_flows ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE connection_flows FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON connection_flows USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE connection_records ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE connection_records FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON connection_records USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE connection_log ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE connection_log FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON connection_log USING (current_setting('foyer.location', true) IN ('*', location_id));*/
