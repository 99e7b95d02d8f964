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

-- Matches: which properties fit what somebody looks for, by place and price. What
-- doors bring is text or number; what is no number counts as none said.
CREATE INDEX properties_fit ON properties (location_id, (LOWER(COALESCE(data->>'city', data->>'locality', ''))),
	(/*sqlite CAST(REPLACE(REPLACE(COALESCE(data->>'price', data->>'listingPrice', '0'), ',', ''), '$', '') AS REAL)*/ /*postgres CASE WHEN REPLACE(REPLACE(COALESCE(data->>'price', data->>'listingPrice', '0'), ',', ''), '$', '') ~ '^[0-9]{1,15}([.][0-9]{1,9})?$' THEN CAST(REPLACE(REPLACE(COALESCE(data->>'price', data->>'listingPrice', '0'), ',', ''), '$', '') AS DOUBLE PRECISION) ELSE 0 END*/));
CREATE INDEX properties_state ON properties (location_id, (UPPER(COALESCE(data->>'state', ''))),
	(/*sqlite CAST(REPLACE(REPLACE(COALESCE(data->>'price', data->>'listingPrice', '0'), ',', ''), '$', '') AS REAL)*/ /*postgres CASE WHEN REPLACE(REPLACE(COALESCE(data->>'price', data->>'listingPrice', '0'), ',', ''), '$', '') ~ '^[0-9]{1,15}([.][0-9]{1,9})?$' THEN CAST(REPLACE(REPLACE(COALESCE(data->>'price', data->>'listingPrice', '0'), ',', ''), '$', '') AS DOUBLE PRECISION) ELSE 0 END*/));
CREATE INDEX requirements_fit ON requirements (location_id, (LOWER(COALESCE(data->>'city', data->>'locality', ''))),
	(/*sqlite CAST(REPLACE(REPLACE(COALESCE(data->>'maxPrice', data->>'priceMax', '0'), ',', ''), '$', '') AS REAL)*/ /*postgres CASE WHEN REPLACE(REPLACE(COALESCE(data->>'maxPrice', data->>'priceMax', '0'), ',', ''), '$', '') ~ '^[0-9]{1,15}([.][0-9]{1,9})?$' THEN CAST(REPLACE(REPLACE(COALESCE(data->>'maxPrice', data->>'priceMax', '0'), ',', ''), '$', '') AS DOUBLE PRECISION) ELSE 0 END*/));
