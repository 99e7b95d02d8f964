-- Workflows that run. Older versions of definitions are kept: whoever is in a
-- workflow goes on in the version that they began with.
ALTER TABLE workflows ADD COLUMN published_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE workflows ADD COLUMN published_at BIGINT NOT NULL DEFAULT 0;

CREATE TABLE workflow_versions (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	workflow_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	version BIGINT NOT NULL,
	definition JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, workflow_id, version)
) /*sqlite WITHOUT ROWID*/;

-- Nothing ran until now, and steps were written differently.
UPDATE workflows SET definition = '{}', published_version = CASE WHEN status = 'published' THEN version ELSE 0 END, published_at = CASE WHEN status = 'published' THEN updated_at ELSE 0 END;
-- cause is what made the enrolment: it makes the same thing enrol once. due_at is 0
-- for whom nothing is to be done at a time: it waits for something else, or ended.
ALTER TABLE enrolments ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enrolments ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE enrolments ADD COLUMN waiting TEXT NOT NULL DEFAULT '';
ALTER TABLE enrolments ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE enrolments ADD COLUMN error TEXT NOT NULL DEFAULT '';
ALTER TABLE enrolments ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enrolments ADD COLUMN taken BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enrolments ADD COLUMN hops BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enrolments ADD COLUMN step_key TEXT NOT NULL DEFAULT '';
ALTER TABLE enrolments ADD COLUMN step_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enrolments ADD COLUMN resume_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enrolments ADD COLUMN ended_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE enrolments ADD COLUMN data JSONB NOT NULL DEFAULT '{}';
UPDATE enrolments SET due_at = CASE WHEN status = 'active' THEN due_at ELSE 0 END,
	version = COALESCE((SELECT w.version FROM workflows w WHERE w.location_id = enrolments.location_id AND w.id = enrolments.workflow_id), 1);
DROP INDEX enrolments_due;
CREATE INDEX enrolments_due ON enrolments (due_at) WHERE due_at > 0;
CREATE UNIQUE INDEX enrolments_cause ON enrolments (location_id, workflow_id, cause) WHERE cause <> '';
CREATE INDEX enrolments_workflow ON enrolments (location_id, workflow_id, status, id);

-- Who has how much to do.
CREATE INDEX contacts_assigned ON contacts (location_id, assigned_to, created_at) WHERE assigned_to <> '';

-- What became of each step that somebody came by.
CREATE TABLE enrolment_steps (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	enrolment_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	n BIGINT NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	workflow_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	step TEXT NOT NULL,
	action TEXT NOT NULL,
	outcome TEXT NOT NULL,
	detail TEXT NOT NULL,
	object_id TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (location_id, enrolment_id, n)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX enrolment_steps_workflow ON enrolment_steps (location_id, workflow_id, step, outcome);
CREATE INDEX enrolment_steps_contact ON enrolment_steps (location_id, contact_id);

-- How many contacts each member of a round robin was given.
CREATE TABLE workflow_turns (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	workflow_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	step TEXT NOT NULL,
	user_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	given BIGINT NOT NULL,
	PRIMARY KEY (location_id, workflow_id, step, user_id)
) /*sqlite WITHOUT ROWID*/;

-- When a trigger that follows the calendar looks through the contacts next, and
-- how far it is with it: moment is what it looks for now, 0 between two times.
CREATE TABLE workflow_clocks (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	workflow_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	part BIGINT NOT NULL,
	next_at BIGINT NOT NULL,
	moment BIGINT NOT NULL,
	at_contact TEXT /*postgres COLLATE "C"*/ NOT NULL,
	PRIMARY KEY (location_id, workflow_id, part)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX workflow_clocks_next ON workflow_clocks (next_at);

/*postgres ALTER TABLE workflow_versions ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE workflow_versions FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON workflow_versions USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE enrolment_steps ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE enrolment_steps FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON enrolment_steps USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE workflow_turns ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE workflow_turns FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON workflow_turns USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE workflow_clocks ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE workflow_clocks FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON workflow_clocks USING (current_setting('foyer.location', true) IN ('*', location_id));*/
