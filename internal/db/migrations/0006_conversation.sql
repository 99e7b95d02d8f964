-- Conversations, associations, blogs, workflows and campaigns, snapshots.

-- A contact's talk over all channels; what the list of conversations shows is kept here.
CREATE TABLE conversations (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	type TEXT NOT NULL,
	unread_count BIGINT NOT NULL,
	inbox BOOLEAN NOT NULL,
	starred BOOLEAN NOT NULL,
	last_message_id TEXT NOT NULL,
	last_type TEXT NOT NULL,
	last_body TEXT NOT NULL,
	last_direction TEXT NOT NULL,
	last_source TEXT NOT NULL,
	last_at BIGINT NOT NULL,
	last_manual_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	merged_into TEXT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX conversations_contact ON conversations (location_id, contact_id);
CREATE INDEX conversations_last ON conversations (location_id, last_at, id);

CREATE TABLE messages (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	conversation_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	type TEXT NOT NULL,
	direction TEXT NOT NULL,
	status TEXT NOT NULL,
	source TEXT NOT NULL,
	user_id TEXT NOT NULL,
	provider_id TEXT NOT NULL,
	email_id TEXT NOT NULL,
	content_type TEXT NOT NULL,
	attachments JSONB NOT NULL,
	details JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX messages_conversation ON messages (location_id, conversation_id, created_at, id);
CREATE INDEX messages_contact ON messages (location_id, contact_id);

-- What of a message is an e-mail's alone.
CREATE TABLE message_emails (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	message_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	conversation_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	thread_id TEXT NOT NULL,
	reply_to TEXT NOT NULL,
	alt_id TEXT NOT NULL,
	subject TEXT NOT NULL,
	sender TEXT NOT NULL,
	recipients JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	html TEXT NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX message_emails_conversation ON message_emails (location_id, conversation_id);
CREATE INDEX message_emails_contact ON message_emails (location_id, contact_id);

-- Attachments, recordings and transcriptions; content is base64, because text is
-- what both databases keep alike.
CREATE TABLE message_files (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	conversation_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	message_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	content_type TEXT NOT NULL,
	size BIGINT NOT NULL,
	token TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	content TEXT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX message_files_message ON message_files (location_id, message_id);
CREATE INDEX message_files_conversation ON message_files (location_id, conversation_id);
CREATE INDEX message_files_contact ON message_files (location_id, contact_id);

-- Who is shown that somebody types, in a live chat.
CREATE TABLE typing (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	conversation_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	visitor_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	is_typing BOOLEAN NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, conversation_id, visitor_id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX typing_contact ON typing (location_id, contact_id);

-- How records of two kinds may belong together, and which do.
CREATE TABLE associations (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	key TEXT /*postgres COLLATE "C"*/ NOT NULL,
	first_object_key TEXT NOT NULL,
	first_object_label TEXT NOT NULL,
	second_object_key TEXT NOT NULL,
	second_object_label TEXT NOT NULL,
	cardinality TEXT NOT NULL,
	type TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX associations_key ON associations (location_id, key);

CREATE TABLE relations (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	association_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	first_record_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	second_record_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX relations_first ON relations (location_id, first_record_id, association_id, second_record_id);
CREATE INDEX relations_second ON relations (location_id, second_record_id, association_id);
CREATE INDEX relations_association ON relations (location_id, association_id);

-- Blogs.
CREATE TABLE blog_sites (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	slug TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX blog_sites_slug ON blog_sites (location_id, slug);

CREATE TABLE blog_authors (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	name TEXT NOT NULL,
	canonical_link TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;

CREATE TABLE blog_categories (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	slug TEXT /*postgres COLLATE "C"*/ NOT NULL,
	label TEXT NOT NULL,
	canonical_link TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX blog_categories_slug ON blog_categories (location_id, slug);

CREATE TABLE blog_posts (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	blog_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	slug TEXT /*postgres COLLATE "C"*/ NOT NULL,
	title TEXT NOT NULL,
	description TEXT NOT NULL,
	image_url TEXT NOT NULL,
	image_alt TEXT NOT NULL,
	status TEXT NOT NULL,
	author_id TEXT NOT NULL,
	canonical_link TEXT NOT NULL,
	categories JSONB NOT NULL,
	tags JSONB NOT NULL,
	published_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	html TEXT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX blog_posts_slug ON blog_posts (location_id, slug);
CREATE INDEX blog_posts_blog ON blog_posts (location_id, blog_id, published_at);

-- Workflows and campaigns, and who is in them: a campaign is a workflow whose
-- steps are messages.
CREATE TABLE workflows (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	status TEXT NOT NULL,
	version BIGINT NOT NULL,
	definition JSONB NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE UNIQUE INDEX workflows_name ON workflows (location_id, kind, name);

CREATE TABLE enrolments (
	location_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	workflow_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	contact_id TEXT /*postgres COLLATE "C"*/ NOT NULL,
	kind TEXT NOT NULL,
	status TEXT NOT NULL,
	step BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	event_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	PRIMARY KEY (location_id, id)
) /*sqlite WITHOUT ROWID*/;
CREATE INDEX enrolments_contact ON enrolments (location_id, contact_id, workflow_id);
CREATE INDEX enrolments_due ON enrolments (location_id, due_at) WHERE status = 'active';

-- What a location is set up with, captured; a company's, for any of its locations.
CREATE TABLE snapshots (
	id TEXT /*postgres COLLATE "C"*/ PRIMARY KEY,
	company_id TEXT NOT NULL,
	source_location_id TEXT NOT NULL,
	name TEXT NOT NULL,
	type TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	data JSONB NOT NULL
);
CREATE INDEX snapshots_company ON snapshots (company_id, id);

/*postgres ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE conversations FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON conversations USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE messages ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE messages FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON messages USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE message_emails ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE message_emails FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON message_emails USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE message_files ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE message_files FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON message_files USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE typing ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE typing FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON typing USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE associations ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE associations FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON associations USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE relations ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE relations FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON relations USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE blog_sites ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE blog_sites FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON blog_sites USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE blog_authors ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE blog_authors FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON blog_authors USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE blog_categories ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE blog_categories FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON blog_categories USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE blog_posts ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE blog_posts FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON blog_posts USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE workflows ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE workflows FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON workflows USING (current_setting('foyer.location', true) IN ('*', location_id));*/
/*postgres ALTER TABLE enrolments ENABLE ROW LEVEL SECURITY;*/
/*postgres ALTER TABLE enrolments FORCE ROW LEVEL SECURITY;*/
/*postgres CREATE POLICY tenant ON enrolments USING (current_setting('foyer.location', true) IN ('*', location_id));*/
