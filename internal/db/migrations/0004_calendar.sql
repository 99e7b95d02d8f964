-- Calendars: groups, appointments, blocked time, resources, notifications.

-- The groups that a location shows its calendars in.
CREATE TABLE calendar_groups (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	slug TEXT /*postgres COLLATE "C"*/ NOT NULL,
	active BOOLEAN NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX calendar_groups_slug ON calendar_groups (location_id, slug);

-- A calendar; settings hold all that no statement asks for.
CREATE TABLE calendars (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	group_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	type TEXT NOT NULL,
	name TEXT NOT NULL,
	slug TEXT NOT NULL,
	active BOOLEAN NOT NULL,
	settings JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;

-- A meeting with a contact. One that repeats is a row for each time; the others
-- name the first one in master_id.
CREATE TABLE appointments (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	calendar_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	assigned_user_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	master_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	status TEXT NOT NULL,
	title TEXT NOT NULL,
	starts_at BIGINT NOT NULL,
	ends_at BIGINT NOT NULL,
	rrule TEXT NOT NULL,
	details JSONB NOT NULL,
	source TEXT NOT NULL,
	created_by TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX appointments_calendar ON appointments (location_id, calendar_id, starts_at);
CREATE INDEX appointments_contact ON appointments (location_id, contact_id, starts_at);
CREATE INDEX appointments_user ON appointments (location_id, assigned_user_id, starts_at);
CREATE INDEX appointments_master ON appointments (location_id, master_id) WHERE master_id <> '';

-- Time that somebody, or a whole calendar, cannot be booked.
CREATE TABLE calendar_blocks (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	calendar_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	user_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	title TEXT NOT NULL,
	starts_at BIGINT NOT NULL,
	ends_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX calendar_blocks_time ON calendar_blocks (location_id, ends_at);

-- Whom and what an appointment or a block keeps busy, and when, its buffers
-- included: a row for each user, resource and calendar. Free slots are computed
-- from here. calendar_id is empty for a block; slot_at is when the meeting
-- itself begins.
CREATE TABLE calendar_busy (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	owner_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	ends_at BIGINT NOT NULL,
	event_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	starts_at BIGINT NOT NULL,
	slot_at BIGINT NOT NULL,
	calendar_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	PRIMARY KEY (location_id, owner_id, ends_at, event_id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX calendar_busy_event ON calendar_busy (location_id, event_id);
CREATE INDEX calendar_busy_contact ON calendar_busy (location_id, contact_id) WHERE contact_id <> '';

-- Rooms and equipment.
CREATE TABLE calendar_resources (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	type TEXT NOT NULL,
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	quantity BIGINT NOT NULL,
	out_of_service BIGINT NOT NULL,
	capacity BIGINT NOT NULL,
	active BOOLEAN NOT NULL,
	calendar_ids JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;

-- Who is to be told what of a calendar's appointments, and how.
CREATE TABLE calendar_notifications (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	calendar_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	active BOOLEAN NOT NULL,
	deleted BOOLEAN NOT NULL,
	settings JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, calendar_id, id)
) /*sqlite WITHOUT ROWID*/;

-- What was written down about an appointment.
CREATE TABLE appointment_notes (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	appointment_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	body TEXT NOT NULL,
	user_id TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, appointment_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX appointment_notes_contact ON appointment_notes (location_id, contact_id);

/*postgres ALTER TABLE calendar_groups ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE calendar_groups FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON calendar_groups USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE calendars ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE calendars FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON calendars USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE appointments ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE appointments FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON appointments USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE calendar_blocks ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE calendar_blocks FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON calendar_blocks USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE calendar_busy ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE calendar_busy FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON calendar_busy USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE calendar_resources ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE calendar_resources FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON calendar_resources USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE calendar_notifications ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE calendar_notifications FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON calendar_notifications USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE appointment_notes ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE appointment_notes FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON appointment_notes USING (current_setting('foyer.location', true) IN ('*', location_id));*/
