-- The contacts of an owner in the order that they came, for those who see nobody
-- else's. Contacts that are nobody's cost nothing.
CREATE INDEX contacts_owner ON contacts (location_id, assigned_to, id) WHERE assigned_to <> '';
