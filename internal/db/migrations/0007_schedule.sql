-- When a user can be booked: hours by day of the week or by date, in a zone of
-- their own, for the calendars that the schedule is applied to.
CREATE TABLE calendar_schedules (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	user_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT NOT NULL,
	timezone TEXT NOT NULL,
	rules JSONB NOT NULL,
	calendar_ids JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX calendar_schedules_user ON calendar_schedules (location_id, user_id);

/*postgres ALTER TABLE calendar_schedules ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE calendar_schedules FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON calendar_schedules USING (current_setting('foyer.location', true) IN ('*', location_id));*/

-- How much accounts have asked of late, where several processes share a
-- database: counts of seconds, which nobody misses after a crash.
CREATE /*postgres UNLOGGED*/ TABLE rate_limits (
	account TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	span_at BIGINT NOT NULL,
	burst BIGINT NOT NULL,
	day BIGINT NOT NULL,
	today BIGINT NOT NULL,
	passed BOOLEAN NOT NULL
);
