-- Webhooks: who is to be told of what, and what was told.

-- The webhook address of an app, and the types of events it wants, all for none.
ALTER TABLE oauth_apps ADD COLUMN webhook_url TEXT NOT NULL DEFAULT '';
ALTER TABLE oauth_apps ADD COLUMN webhook_events JSONB NOT NULL DEFAULT '[]';

-- app_id is the client id of the app that an endpoint belongs to, '' for one that
-- the location has itself. Secrets are sealed.
CREATE TABLE webhook_endpoints (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	app_id TEXT NOT NULL,
	url TEXT NOT NULL,
	description TEXT NOT NULL,
	events JSONB NOT NULL,
	secret TEXT NOT NULL,
	old_secret TEXT NOT NULL,
	old_secret_until BIGINT NOT NULL,
	failures BIGINT NOT NULL,
	failing_since BIGINT NOT NULL,
	open_until BIGINT NOT NULL,
	disabled_at BIGINT NOT NULL,
	disabled_why TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX webhook_endpoints_app ON webhook_endpoints (location_id, app_id) WHERE app_id <> '';

-- One event for one endpoint. message is the id that the receiver sees.
CREATE TABLE webhook_deliveries (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	endpoint_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	event_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	type TEXT NOT NULL,
	message TEXT NOT NULL,
	body TEXT NOT NULL,
	state TEXT NOT NULL,
	due_at BIGINT NOT NULL,
	attempts BIGINT NOT NULL,
	lease TEXT NOT NULL,
	tries JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	done_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (location_id, endpoint_id, event_id, type);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (location_id, endpoint_id, due_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_old ON webhook_deliveries (location_id, created_at);

/*postgres ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE webhook_endpoints FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON webhook_endpoints USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE webhook_deliveries ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON webhook_deliveries USING (current_setting('foyer.location', true) IN ('*', location_id));*/

-- Keys of the server's own that cannot be made from its master key; sealed.
CREATE TABLE server_keys (
	id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	sealed TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
