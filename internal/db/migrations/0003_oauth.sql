-- OAuth 2.0 for the apps of third parties, and the sign-ins that they ask for.
-- Secrets, codes, tokens and cookies are here as hashes only.

-- A private token of a whole company has no location.
ALTER TABLE api_keys ADD COLUMN company_id TEXT NOT NULL DEFAULT '';

-- company_id is the company that an app is for; '' is for every one.
CREATE TABLE oauth_apps (
	id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	company_id TEXT NOT NULL,
	name TEXT NOT NULL,
	public BOOLEAN NOT NULL,
	credentials BOOLEAN NOT NULL,
	secret_hash TEXT NOT NULL,
	hint TEXT NOT NULL,
	old_secret_hash TEXT NOT NULL,
	old_secret_until BIGINT NOT NULL,
	redirect_uris JSONB NOT NULL,
	scopes JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	disabled_at BIGINT NOT NULL
);

-- What somebody allowed an app: for one location, or for a company, which has
-- no location_id. All tokens of a grant end with it.
CREATE TABLE oauth_grants (
	id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	company_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	app_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	user_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	parent_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	scopes JSONB NOT NULL,
	left_out JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	ended_at BIGINT NOT NULL,
	last_used_at BIGINT NOT NULL
);
CREATE INDEX oauth_grants_company ON oauth_grants (company_id, app_id);
CREATE INDEX oauth_grants_parent ON oauth_grants (parent_id) WHERE parent_id <> '';

CREATE TABLE oauth_codes (
	hash TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	grant_id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	redirect_uri TEXT NOT NULL,
	challenge TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at BIGINT NOT NULL
);

-- nonce is what a refresh token and its successor's names are made of, so that
-- an answer that was lost on its way can be given again.
CREATE TABLE oauth_tokens (
	hash TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	kind TEXT NOT NULL,
	grant_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	app_id TEXT NOT NULL,
	scopes JSONB NOT NULL,
	nonce TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at BIGINT NOT NULL,
	ended_at BIGINT NOT NULL
);
CREATE INDEX oauth_tokens_grant ON oauth_tokens (grant_id);
CREATE INDEX oauth_tokens_expiry ON oauth_tokens (expires_at);

-- mark changes with the user's password, and a session ends when it does.
CREATE TABLE sessions (
	hash TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	user_id TEXT NOT NULL,
	mark TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);

-- Sign-ins that did not succeed, by hashed account and address.
CREATE TABLE sign_in_tries (
	key TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	tries BIGINT NOT NULL,
	until BIGINT NOT NULL
);

/*postgres ALTER TABLE oauth_grants ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE oauth_grants FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON oauth_grants USING (current_setting('foyer.location', true) IN ('*', location_id));*/
