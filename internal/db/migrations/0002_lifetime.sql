-- Tasks; merging and its undoing; suggested duplicates; imports.

CREATE TABLE tasks (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	title TEXT NOT NULL,
	body TEXT NOT NULL,
	assigned_to TEXT NOT NULL,
	due_at BIGINT NOT NULL,
	completed BOOLEAN NOT NULL,
	completed_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, contact_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX tasks_open ON tasks (location_id, due_at) WHERE NOT completed;

-- One row for each merge; data holds what it takes to undo it exactly.
CREATE TABLE merges (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	other_contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	origin TEXT NOT NULL,
	user_id TEXT NOT NULL,
	data JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	undone_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX merges_contact ON merges (location_id, contact_id, id);

-- The ids of contacts that were merged into another: they keep resolving.
CREATE TABLE contact_aliases (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	number BIGINT NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	merge_id TEXT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX contact_aliases_contact ON contact_aliases (location_id, contact_id);
CREATE INDEX contact_aliases_number ON contact_aliases (location_id, number);

-- A pair is open, dismissed ("not the same person") or merged. A score is
-- between 0 and 1; 1 is a pair that one request named.
ALTER TABLE duplicate_pairs ADD COLUMN score DOUBLE PRECISION NOT NULL DEFAULT 1;
ALTER TABLE duplicate_pairs ADD COLUMN state TEXT NOT NULL DEFAULT 'open';
ALTER TABLE duplicate_pairs ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
ALTER TABLE duplicate_pairs ADD COLUMN decided_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX duplicate_pairs_other ON duplicate_pairs (location_id, other_contact_id);

-- How far an engine has read the events of a location.
CREATE TABLE cursors (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT /*postgres COLLATE "C"*/ NOT NULL,
	event_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, name)
) /*sqlite WITHOUT ROWID*/;

-- One row for each import of a file, and one for each row of it that was not
-- taken. What it did to contacts is in the events, whose credential_id it is.
CREATE TABLE imports (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	file TEXT NOT NULL,
	digest TEXT NOT NULL,
	format TEXT NOT NULL,
	settings JSONB NOT NULL,
	state TEXT NOT NULL,
	position BIGINT NOT NULL,
	created BIGINT NOT NULL,
	updated BIGINT NOT NULL,
	matched BIGINT NOT NULL,
	refused BIGINT NOT NULL,
	user_id TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	finished_at BIGINT NOT NULL,
	undone_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;

CREATE TABLE import_rows (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	import_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	line BIGINT NOT NULL,
	result TEXT NOT NULL,
	contact_id TEXT NOT NULL,
	reason TEXT NOT NULL,
	data JSONB NOT NULL,
	PRIMARY KEY (location_id, import_id, line)
) /*sqlite WITHOUT ROWID*/;

/*postgres ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE tasks FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON tasks USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE merges ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE merges FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON merges USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE contact_aliases ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE contact_aliases FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON contact_aliases USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE cursors ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE cursors FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON cursors USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE imports ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE imports FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON imports USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE import_rows ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE import_rows FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON import_rows USING (current_setting('foyer.location', true) IN ('*', location_id));*/
