-- What people are told of: each chooses how, for every kind of thing and location.

-- Rows of all locations are moved.
/*postgres SELECT set_config('foyer.location', '*', true);*/

-- event_id is the event that a notification is about, or another key that makes
-- it once. state is what became of the mail; read_at is when it was read here.
CREATE TABLE told (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	event_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	user_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	kind TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	object_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	text TEXT NOT NULL,
	way TEXT NOT NULL,
	state TEXT NOT NULL,
	address TEXT NOT NULL,
	error TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	sent_at BIGINT NOT NULL,
	read_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, event_id, user_id, kind)
) /*sqlite WITHOUT ROWID*/;
INSERT INTO told (location_id, event_id, user_id, kind, id, contact_id, object_id, text, way, state, address, error, created_at, sent_at, read_at)
	SELECT location_id, event_id, user_id, kind, event_id, contact_id, '', '', 'email', state, address, error, created_at, sent_at, created_at FROM notifications;
DROP TABLE notifications;
ALTER TABLE told RENAME TO notifications;
CREATE INDEX notifications_user ON notifications (location_id, user_id, id);
CREATE INDEX notifications_new ON notifications (location_id, id);
CREATE INDEX notifications_unread ON notifications (location_id, user_id) WHERE read_at = 0;
CREATE INDEX notifications_waiting ON notifications (location_id, state, id) WHERE state IN ('queued', 'sending', 'digest');

-- How a user wants to be told of a kind of thing, where it is not as usual. That
-- new leads come by e-mail is said by notify_new_leads of the membership.
CREATE TABLE notification_preferences (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	user_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	kind TEXT /*postgres COLLATE "C"*/ NOT NULL,
	way TEXT NOT NULL,
	PRIMARY KEY (location_id, user_id, kind)
) /*sqlite WITHOUT ROWID*/;

-- The hour of the day at which a user gets the digest of a location.
ALTER TABLE memberships ADD COLUMN digest_hour BIGINT NOT NULL DEFAULT 8;

-- Nobody is told of what happened before there was this.
INSERT INTO cursors (location_id, name, event_id, updated_at)
	SELECT l.id, 'notices', COALESCE((SELECT MAX(e.id) FROM events e WHERE e.location_id = l.id), ''), 0 FROM locations l;
-- But of tasks that are due from now on.
INSERT INTO jobs (location_id, id, kind, unique_key, args, run_at, attempts, lease, failed, error, created_at)
	SELECT location_id, id, 'notice.due', id || ' ' || due_at, ('{"contactId":"' || contact_id || '","taskId":"' || id || '"}')/*postgres ::jsonb*/, due_at, 0, '', FALSE, '', updated_at FROM tasks
	WHERE NOT completed AND due_at > (SELECT MAX(applied_at) FROM schema_migrations);

/*postgres ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE notifications FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON notifications USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE notification_preferences ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE notification_preferences FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON notification_preferences USING (current_setting('foyer.location', true) IN ('*', location_id));*/
