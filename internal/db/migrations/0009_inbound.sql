-- Messages that come in: addresses that providers send them to, and how far a
-- mailbox was read.

-- What a provider calls a message, to find it by: the id of an SMS, the
-- Message-ID of an e-mail.
ALTER TABLE messages ADD COLUMN alt_id TEXT NOT NULL DEFAULT '';
UPDATE messages SET alt_id = COALESCE(details ->> 'altId', '') WHERE location_id <> '';
CREATE INDEX messages_alt ON messages (location_id, alt_id) WHERE alt_id <> '';

-- kind is sms or email. The token is kept hashed, and sealed.
CREATE TABLE hooks (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	kind TEXT NOT NULL,
	hash TEXT NOT NULL,
	sealed TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX hooks_hash ON hooks (location_id, hash);

/*postgres ALTER TABLE hooks ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE hooks FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON hooks USING (current_setting('foyer.location', true) IN ('*', location_id));*/

-- Up to which mail a mailbox was read: the server's, for all locations.
CREATE TABLE mail_places (
	id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	uid_validity BIGINT NOT NULL,
	uid BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
