-- How connections fare: requests are those that were sent, by what came of them;
-- failing_since is when the system began to fail, 0 while it does not.
ALTER TABLE connections ADD COLUMN requests JSONB NOT NULL DEFAULT '{}';
ALTER TABLE connections ADD COLUMN failing_since BIGINT NOT NULL DEFAULT 0;
