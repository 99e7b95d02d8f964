-- What belongs to the account of somebody who signs in.

-- A session is known to its owner by its id, the browser that it is of, and when
-- it was last used.
ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET id = substr(hash, 1, 20), used_at = created_at;
CREATE INDEX sessions_user ON sessions (user_id);

-- Links that were mailed to somebody, each good once: for a new password, and
-- for the first one. A user has one at most: the newest.
CREATE TABLE user_links (
	user_id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	hash TEXT /*postgres COLLATE "C"*/ NOT NULL,
	kind TEXT NOT NULL,
	mark TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_links_hash ON user_links (hash);

-- The second factor of a sign-in: sealed, and the last step of time whose code
-- was used. One that is not confirmed was only begun.
CREATE TABLE second_factors (
	user_id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	sealed TEXT NOT NULL,
	confirmed BOOLEAN NOT NULL,
	last_step BIGINT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE TABLE recovery_codes (
	user_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	hash TEXT /*postgres COLLATE "C"*/ NOT NULL,
	PRIMARY KEY (user_id, hash)
) /*sqlite WITHOUT ROWID*/;
