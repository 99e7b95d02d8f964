-- What belongs to a contact is found by its contact, on either side: contacts
-- themselves have no parent, and cost nothing here.

CREATE INDEX connection_records_family ON connection_records (location_id, connection_id, local_parent) WHERE local_parent <> '';
CREATE INDEX connection_records_kin ON connection_records (location_id, connection_id, remote_parent) WHERE remote_parent <> '';

-- Contacts that were merged here while nobody knew whether they had been made there.
CREATE INDEX connection_records_late ON connection_records (location_id, connection_id) WHERE state = 'merged' AND remote_id = '' AND trying <> '';
