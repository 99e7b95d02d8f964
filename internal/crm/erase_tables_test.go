package crm

import (
	"context"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/foyer-crm/foyer/internal/db"
)

// Why a column of text is not gone through when a person is erased.
const (
	anID    = "an id, a key, or a hash"
	aWord   = "one of a few words that Foyer knows"
	ofStaff = "somebody who works here, who is no contact"
	setUp   = "what the company set up: it speaks of no single contact"
	ofOther = "how another contact is known: it is theirs"
	counted = "a source or channel by which leads are counted: a key of the counts"
	passing = "gone once it is done, or after some days"
	asKept  = "a file as it was sent: those of the person go with the contact"
	public  = "what the company published, or published as"
)

// spared are the columns of text that are not gone through, by table and pattern.
// * for all columns counts only for a table that is not gone through at all.
func spared() map[string]string {
	return map[string]string{
		"*.id": anID, "*.*_id": anID, "*.key": anID, "*.name_key": anID, "*.hash": anID, "*.*_hash": anID, "*.sealed": anID, "*.token": anID, "*.digest": anID,
		"*.kind": aWord, "*.type": aWord, "*.status": aWord, "*.state": aWord, "*.api": aWord, "*.object": aWord, "*.way": aWord, "*.origin": aWord, "*.phase": aWord, "*.action": aWord,
		"*.location_id": anID, "companies.name": setUp, "locations.*": setUp, "users.*": ofStaff, "sessions.*": ofStaff, "user_links.*": ofStaff, "second_factors.*": ofStaff,
		"recovery_codes.*": ofStaff, "sign_in_tries.*": ofStaff, "notifications.address": ofStaff, "notification_preferences.*": ofStaff, "businesses.created_by": ofStaff, "businesses.updated_by": ofStaff, "appointments.created_by": ofStaff,
		"api_keys.*": setUp, "oauth_*.*": setUp, "custom_fields.*": setUp, "custom_values.*": setUp, "location_tags.*": setUp, "lost_reasons.*": setUp, "pipelines.*": setUp, "calendars.*": setUp, "calendar_groups.*": setUp,
		"calendar_resources.*": setUp, "calendar_schedules.*": setUp, "calendar_notifications.*": setUp, "associations.*": setUp, "workflows.*": setUp, "workflow_versions.*": setUp, "workflow_clocks.at_contact": anID, "workflow_turns.*": setUp, "snapshots.*": setUp, "webhook_endpoints.*": setUp, "hooks.*": setUp,
		"imports.*": setUp, "connection_flows.*": anID, "snippets.name": setUp, "snippets.channel": aWord, "cursors.*": anID, "schema_migrations.*": setUp, "rate_limits.*": anID, "idempotency_keys.route": setUp, "server_keys.*": setUp,
		"links.*": ofOther, "blog_*.*": public, "tallies.*": counted, "tallied_leads.*": counted, "jobs.*": passing, "message_files.content": asKept,
		"notes.color": aWord, "activities.site_domain": setUp, "intake_log.door": aWord, "intake_log.method": aWord, "intake_log.result": aWord, "intake_log.replay_of": anID, "intake_log.address": "of the system that sent it",
		"import_rows.result": aWord, "tasks.assigned_to": anID, "opportunities.assigned_to": anID, "opportunities.followers": anID, "appointments.rrule": aWord, "appointments.source": aWord,
		"conversations.last_*": aWord, "conversations.merged_into": anID, "messages.direction": aWord, "messages.source": aWord, "messages.content_type": aWord, "message_emails.reply_to": anID, "message_files.content_type": aWord,
		"webhook_deliveries.message": anID, "webhook_deliveries.lease": anID, "enrolments.cause": anID, "enrolments.waiting": aWord, "enrolments.step_key": anID, "enrolment_steps.step": anID, "enrolment_steps.outcome": aWord,
		"connection_records.remote_parent": anID, "connection_records.local_parent": anID, "connection_records.trying": anID,
	}
}

// sparedOf are the other columns of tables that are gone through in part, by reason.
func sparedOf() map[string][]string {
	of := func(table, columns string) (list []string) {
		for column := range strings.FieldsSeq(columns) {
			list = append(list, table+"."+column)
		}
		return list
	}
	return map[string][]string{
		ofOther: of("contacts", "first_name last_name name email phone stage product company_name address1 city postal_code country website timezone source assigned_to date_of_birth tags followers emails phones"),
		setUp:   append(of("businesses", "name phone email website address1 city postal_code country"), of("connections", "name base_url credential settings mapping lease requests")...),
	}
}

// Every column that can hold text is gone through when a person is erased, or is
// named here with the reason why not. A new one is in this test by being in the
// schema.
func TestEveryTextIsGoneThroughWhenAPersonIsErased(t *testing.T) {
	d, err := db.Open(t.Context(), db.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	columns := map[string][]string{} // of text, by table
	if err := d.Read(t.Context(), db.System, func(ctx context.Context, tx *db.Tx) error {
		var table, column string
		return tx.Each(ctx, []any{&table, &column}, func() error {
			columns[table] = append(columns[table], column)
			return nil
		}, "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'contact_search%' AND c.type IN ('TEXT', 'JSONB') /* location_id = */")
	}); err != nil {
		t.Fatal(err)
	}
	const fewest = 50 // tables
	if len(columns) < fewest {
		t.Fatalf("the schema has %d tables", len(columns))
	}
	why := spared()
	for reason, list := range sparedOf() {
		for _, name := range list {
			why[name] = reason
		}
	}
	used := map[string]bool{}
	known := map[string]combed{}
	for _, c := range combedTables() {
		known[c.name] = c
		for _, name := range slices.Concat(c.key, c.texts, c.json, c.own) {
			if !slices.Contains(columns[c.name], name) && !slices.Contains([]string{"line", "n"}, name) {
				t.Errorf("%s has no column %s", c.name, name)
			}
		}
	}
	for table, list := range columns {
		for _, column := range list {
			c := known[table]
			if slices.Contains(slices.Concat(c.texts, c.json), column) {
				continue
			}
			fits := false
			for pattern := range why {
				of, is := cutPattern(pattern)
				if matches(of, table) && matches(is, column) && (is != "*" || c.name == "") {
					fits, used[pattern] = true, true
				}
			}
			if !fits {
				t.Errorf("%s.%s may hold what names a person: add it to combedTables, or say here why not", table, column)
			}
		}
	}
	for pattern := range why {
		if !used[pattern] {
			t.Errorf("no column is spared by %s", pattern)
		}
	}
}

func cutPattern(pattern string) (table, column string) {
	table, column, _ = strings.Cut(pattern, ".")
	return table, column
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}
