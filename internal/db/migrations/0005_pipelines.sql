-- Pipelines and what moves through them; businesses; what a location sets up;
-- what users and locations say of themselves.

-- stages are few and always read with their pipeline: they share one column.
CREATE TABLE pipelines (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT NOT NULL,
	stages JSONB NOT NULL,
	settings JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;

CREATE TABLE opportunities (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	pipeline_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	stage_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT NOT NULL,
	status TEXT NOT NULL,
	monetary_value DOUBLE PRECISION NOT NULL,
	assigned_to TEXT NOT NULL,
	source TEXT NOT NULL,
	lost_reason_id TEXT NOT NULL,
	followers JSONB NOT NULL,
	custom_fields JSONB NOT NULL,
	version BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	status_changed_at BIGINT NOT NULL,
	stage_changed_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX opportunities_contact ON opportunities (location_id, contact_id, pipeline_id);
CREATE INDEX opportunities_stage ON opportunities (location_id, pipeline_id, stage_id, id);

CREATE TABLE lost_reasons (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	deleted_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;

CREATE TABLE businesses (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT NOT NULL,
	phone TEXT NOT NULL,
	email TEXT NOT NULL,
	website TEXT NOT NULL,
	address1 TEXT NOT NULL,
	city TEXT NOT NULL,
	state TEXT NOT NULL,
	postal_code TEXT NOT NULL,
	country TEXT NOT NULL,
	description TEXT NOT NULL,
	created_by JSONB NOT NULL,
	updated_by JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX contacts_business ON contacts (location_id, business_id, id) WHERE business_id <> '';

-- The tags that a location has: those its contacts carry, and those made for
-- later. Contacts carry the names; name_key tells two spellings of one.
CREATE TABLE location_tags (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT NOT NULL,
	name_key TEXT /*postgres COLLATE "C"*/ NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX location_tags_key ON location_tags (location_id, name_key);
/*postgres SELECT set_config('foyer.location', '*', true);*/
INSERT INTO location_tags (location_id, id, name, name_key, created_at, updated_at)
	SELECT location_id, /*sqlite lower(hex(randomblob(10)))*/ /*postgres substr(md5(random()::text || min(name)), 1, 20)*/, MIN(name), LOWER(name), MIN(created_at), MIN(created_at)
	FROM (SELECT location_id, /*sqlite value*/ /*postgres tag*/ AS name, created_at FROM contacts, /*sqlite json_each(contacts.tags)*/ /*postgres jsonb_array_elements_text(contacts.tags) AS tag*/) AS carried
	GROUP BY location_id, LOWER(name);

-- Texts of a location that its messages name: {{ custom_values.key }}.
CREATE TABLE custom_values (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	key TEXT NOT NULL,
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX custom_values_key ON custom_values (location_id, key);

-- What a custom field is of, and how forms show it.
ALTER TABLE custom_fields ADD COLUMN model TEXT NOT NULL DEFAULT 'contact';
ALTER TABLE custom_fields ADD COLUMN display JSONB NOT NULL DEFAULT '{}';

-- An agency's user works for the company, an account's one in locations.
ALTER TABLE users ADD COLUMN type TEXT NOT NULL DEFAULT 'account';
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'user';
ALTER TABLE users ADD COLUMN profile JSONB NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;
UPDATE users SET type = 'agency', role = 'admin' WHERE admin;
CREATE INDEX users_company ON users (company_id, id);

ALTER TABLE locations ADD COLUMN profile JSONB NOT NULL DEFAULT '{}';
ALTER TABLE locations ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;

-- Tasks are looked for over a whole location.
CREATE INDEX tasks_location ON tasks (location_id, id);

/*postgres ALTER TABLE pipelines ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE pipelines FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON pipelines USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE opportunities ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE opportunities FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON opportunities USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE lost_reasons ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE lost_reasons FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON lost_reasons USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE businesses ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE businesses FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON businesses USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE location_tags ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE location_tags FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON location_tags USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE custom_values ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE custom_values FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON custom_values USING (current_setting('foyer.location', true) IN ('*', location_id));*/
