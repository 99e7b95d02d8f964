-- Boards: where an opportunity stands in its stage, the highest first. A stage is
-- shown and added up from its index.
ALTER TABLE opportunities ADD COLUMN board_rank BIGINT NOT NULL DEFAULT 0;
/*postgres SELECT set_config('foyer.location', '*', true);*/
UPDATE opportunities SET board_rank = stage_changed_at * 1048576;
CREATE INDEX opportunities_board ON opportunities (location_id, pipeline_id, stage_id, status, board_rank, id, monetary_value);
CREATE INDEX opportunities_owner ON opportunities (location_id, pipeline_id, stage_id, status, assigned_to, board_rank, id, monetary_value);
DROP INDEX opportunities_stage;

-- Calendars that show all of a location's time are read by it.
CREATE INDEX appointments_time ON appointments (location_id, starts_at);
