-- One schema for both databases. Times are milliseconds since 1970 UTC. Ids sort
-- by time, byte for byte, so PostgreSQL is told to compare them that way.
-- Every tenant table and index starts with location_id, and no foreign key
-- crosses it: that is what spreading the data over several nodes needs.

CREATE TABLE companies (
	id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	name TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	disabled_at BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE locations (
	id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	company_id TEXT NOT NULL,
	name TEXT NOT NULL,
	timezone TEXT NOT NULL DEFAULT '',
	settings JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	disabled_at BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE users (
	id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	company_id TEXT NOT NULL,
	email TEXT NOT NULL,
	email_key TEXT NOT NULL UNIQUE,
	password_hash TEXT NOT NULL DEFAULT '',
	first_name TEXT NOT NULL DEFAULT '',
	last_name TEXT NOT NULL DEFAULT '',
	phone TEXT NOT NULL DEFAULT '',
	title TEXT NOT NULL DEFAULT '',
	timezone TEXT NOT NULL DEFAULT '',
	admin BOOLEAN NOT NULL DEFAULT FALSE,
	last_sign_in_at BIGINT NOT NULL DEFAULT 0,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	disabled_at BIGINT NOT NULL DEFAULT 0
);

-- Which users work in which location, and what they are told of there.
CREATE TABLE memberships (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	user_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	notify_new_leads BOOLEAN NOT NULL DEFAULT FALSE,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, user_id)
) /*sqlite WITHOUT ROWID*/;

-- Every credential of every API. The key itself is not here: a hash finds it,
-- and where a vendor's contract shows a key again it is sealed with a key that
-- is kept outside the database.
CREATE TABLE api_keys (
	id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	location_id TEXT NOT NULL,
	api TEXT NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL DEFAULT '',
	user_id TEXT NOT NULL DEFAULT '',
	partner_id TEXT NOT NULL DEFAULT '',
	scopes JSONB NOT NULL,
	hash TEXT NOT NULL,
	hint TEXT NOT NULL DEFAULT '',
	sealed TEXT NOT NULL DEFAULT '',
	created_at BIGINT NOT NULL,
	last_used_at BIGINT NOT NULL DEFAULT 0,
	expires_at BIGINT NOT NULL DEFAULT 0,
	disabled_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);
CREATE INDEX api_keys_location ON api_keys (location_id, api);

-- number is the integer that vendors with integer ids see. In SQLite it is the
-- row id, which the search index refers to.
CREATE TABLE contacts (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	number /*sqlite INTEGER PRIMARY KEY*/ /*postgres BIGINT NOT NULL*/,
	version BIGINT NOT NULL,
	first_name TEXT NOT NULL,
	last_name TEXT NOT NULL,
	name TEXT NOT NULL,
	email TEXT NOT NULL,
	phone TEXT NOT NULL,
	type TEXT NOT NULL,
	stage TEXT NOT NULL,
	product TEXT NOT NULL,
	company_name TEXT NOT NULL,
	address1 TEXT NOT NULL,
	city TEXT NOT NULL,
	state TEXT NOT NULL,
	postal_code TEXT NOT NULL,
	country TEXT NOT NULL,
	website TEXT NOT NULL,
	timezone TEXT NOT NULL,
	source TEXT NOT NULL,
	assigned_to TEXT NOT NULL,
	business_id TEXT NOT NULL,
	date_of_birth TEXT NOT NULL,
	dnd BOOLEAN NOT NULL,
	tags JSONB NOT NULL,
	followers JSONB NOT NULL,
	emails JSONB NOT NULL,
	phones JSONB NOT NULL,
	custom_fields JSONB NOT NULL,
	details JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	last_activity_at BIGINT NOT NULL
	/*postgres , PRIMARY KEY (location_id, id), UNIQUE (location_id, number)*/
);
/*sqlite CREATE UNIQUE INDEX contacts_id ON contacts (location_id, id);*/
CREATE INDEX contacts_product ON contacts (location_id, product, id) WHERE product <> '';

-- Words of a contact, each with its location in front. Row by row this index is
-- dear; once per group of commits it costs almost nothing.
/*sqlite CREATE VIRTUAL TABLE contact_search USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='ascii');*/
/*postgres CREATE TABLE contact_search (location_id TEXT COLLATE "C" NOT NULL, number BIGINT NOT NULL, words TSVECTOR NOT NULL, PRIMARY KEY (location_id, number));*/
/*postgres CREATE INDEX contact_search_words ON contact_search USING GIN (words);*/

-- What makes two records one person: e-mails, phones and every foreign id. Rank
-- 0 owns the key; others (where a location allows duplicates) stand behind it.
CREATE TABLE identities (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	key TEXT /*postgres COLLATE "C"*/ NOT NULL,
	rank BIGINT NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	PRIMARY KEY (location_id, key, rank)
) /*sqlite WITHOUT ROWID*/;

-- The ids that a contact has in partners' systems, and who sent it: routing
-- data, kept apart so that a door that may not change a contact can keep it.
CREATE TABLE links (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	origin TEXT NOT NULL,
	scope TEXT /*postgres COLLATE "C"*/ NOT NULL,
	external_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	site_id TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, contact_id, origin, scope, external_id)
) /*sqlite WITHOUT ROWID*/;

-- Pairs of contacts that one request pointed at: for a person to look at.
CREATE TABLE duplicate_pairs (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	other_contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	reason TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, contact_id, other_contact_id)
) /*sqlite WITHOUT ROWID*/;

CREATE TABLE notes (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	kind TEXT NOT NULL,
	title TEXT NOT NULL,
	body TEXT NOT NULL,
	color TEXT NOT NULL,
	pinned BOOLEAN NOT NULL,
	user_id TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, contact_id, id)
) /*sqlite WITHOUT ROWID*/;

CREATE TABLE activities (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	type TEXT NOT NULL,
	description TEXT NOT NULL,
	site_id TEXT NOT NULL,
	site_domain TEXT NOT NULL,
	property JSONB NOT NULL,
	occurred_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, contact_id, id)
) /*sqlite WITHOUT ROWID*/;

-- What a contact owns or looked at, and what they look for. The key says when
-- two of them are the same.
CREATE TABLE properties (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	key TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT NOT NULL,
	data JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, contact_id, key)
) /*sqlite WITHOUT ROWID*/;

CREATE TABLE requirements (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	key TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT NOT NULL,
	data JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, contact_id, key)
) /*sqlite WITHOUT ROWID*/;

CREATE TABLE custom_fields (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	key TEXT NOT NULL,
	name TEXT NOT NULL,
	data_type TEXT NOT NULL,
	options JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX custom_fields_key ON custom_fields (location_id, key);

-- Everything that happened. Only grows.
CREATE TABLE events (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	type TEXT NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	object_id TEXT NOT NULL,
	origin TEXT NOT NULL,
	credential_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	data JSONB NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX events_contact ON events (location_id, contact_id, id);

-- Everything that is still to do. Only drains; what failed for good stays.
CREATE TABLE jobs (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	kind TEXT NOT NULL,
	unique_key TEXT NOT NULL,
	args JSONB NOT NULL,
	run_at BIGINT NOT NULL,
	attempts BIGINT NOT NULL,
	lease TEXT NOT NULL,
	failed BOOLEAN NOT NULL,
	error TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX jobs_due ON jobs (run_at) WHERE NOT failed;
CREATE UNIQUE INDEX jobs_unique ON jobs (location_id, kind, unique_key) WHERE unique_key <> '';

-- One row for every request to a door that takes contacts in. The body is last,
-- because it is long and seldom read.
CREATE TABLE intake_log (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	door TEXT NOT NULL,
	credential_id TEXT NOT NULL,
	address TEXT NOT NULL,
	request_id TEXT NOT NULL,
	method TEXT NOT NULL,
	path TEXT NOT NULL,
	status BIGINT NOT NULL,
	result TEXT NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	reason TEXT NOT NULL,
	replay_of TEXT NOT NULL,
	warnings JSONB NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;

CREATE TABLE idempotency_keys (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	route TEXT NOT NULL,
	key TEXT NOT NULL,
	request_hash TEXT NOT NULL,
	status BIGINT NOT NULL,
	header JSONB NOT NULL,
	body TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, route, key)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- What was to be told to whom, and what became of it.
CREATE TABLE notifications (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	event_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	user_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	kind TEXT NOT NULL,
	address TEXT NOT NULL,
	state TEXT NOT NULL,
	error TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	sent_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, event_id, user_id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX notifications_queued ON notifications (location_id, event_id) WHERE state = 'queued';
CREATE INDEX notifications_sending ON notifications (location_id, event_id) WHERE state = 'sending';

-- The second wall behind the predicates: PostgreSQL shows a transaction only
-- the rows of the location it entered. contact_search has none, because no
-- full-text index can be used behind one; its words carry the location.
/*postgres ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE memberships FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON memberships USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE contacts ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE contacts FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON contacts USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE links ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE links FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON links USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE identities ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE identities FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON identities USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE duplicate_pairs ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE duplicate_pairs FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON duplicate_pairs USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE notes ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE notes FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON notes USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE activities ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE activities FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON activities USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE properties ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE properties FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON properties USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE requirements ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE requirements FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON requirements USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE custom_fields ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE custom_fields FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON custom_fields USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE events ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE events FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON events USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE jobs FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON jobs USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE intake_log ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE intake_log FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON intake_log USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON idempotency_keys USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE notifications FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON notifications USING (current_setting('foyer.location', true) IN ('*', location_id));*/
