-- What the inbox and the reports need.

-- A conversation that is put aside until a moment, and the lists that are looked
-- into most.
ALTER TABLE conversations ADD COLUMN snoozed_until BIGINT NOT NULL DEFAULT 0;
CREATE INDEX conversations_snoozed ON conversations (location_id, snoozed_until) WHERE snoozed_until > 0;
CREATE INDEX conversations_open ON conversations (location_id, last_at, id) WHERE inbox;
CREATE INDEX conversations_unread ON conversations (location_id, last_at, id) WHERE unread_count > 0;
CREATE INDEX conversations_starred ON conversations (location_id, last_at, id) WHERE starred;

-- Texts that are written again and again. channel is Email, SMS or '' for both.
CREATE TABLE snippets (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT NOT NULL,
	channel TEXT NOT NULL,
	subject TEXT NOT NULL,
	body TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX snippets_name ON snippets (location_id, name);

-- What a workflow sent, the newest first.
CREATE INDEX enrolment_steps_sent ON enrolment_steps (location_id, workflow_id, object_id) WHERE action IN ('email', 'sms') AND object_id <> '';

-- What open deals are worth, by stage and owner.
CREATE INDEX opportunities_worth ON opportunities (location_id, pipeline_id, stage_id, assigned_to, monetary_value) WHERE status = 'open';

-- What happened, counted by day, so that a report costs the same at any size. owner
-- is a user, '' nobody, or '*' for all together; name is a source, a channel, ….
CREATE TABLE tallies (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	what TEXT /*postgres COLLATE "C"*/ NOT NULL,
	owner TEXT /*postgres COLLATE "C"*/ NOT NULL,
	day TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT /*postgres COLLATE "C"*/ NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (location_id, what, owner, day, name)
) /*sqlite WITHOUT ROWID*/;

-- As what each lead was counted, to be taken back when it changes.
CREATE TABLE tallied_leads (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	lead_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	day TEXT NOT NULL,
	source TEXT NOT NULL,
	owner TEXT NOT NULL,
	answer TEXT NOT NULL,
	won BOOLEAN NOT NULL,
	PRIMARY KEY (location_id, lead_id)
) /*sqlite WITHOUT ROWID*/;

/*postgres ALTER TABLE snippets ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE snippets FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON snippets USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE tallies ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE tallies FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON tallies USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE tallied_leads ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE tallied_leads FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON tallied_leads USING (current_setting('foyer.location', true) IN ('*', location_id));*/
