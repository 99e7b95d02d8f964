package snapshot_test

import (
	"context"
	"slices"
	"testing"

	"github.com/foyer-crm/foyer/internal/association"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
	"github.com/foyer-crm/foyer/internal/snapshot"
	"github.com/foyer-crm/foyer/internal/workflow"
)

// content are the tables of a location that are no set-up: what it knows, what
// happened, what is to be done, and who may do it.
var content = []string{
	"activities", "api_keys", "appointment_notes", "appointments", "blog_authors", "blog_categories", "blog_posts", "blog_sites", "businesses", "calendar_blocks", "calendar_busy", "calendar_schedules",
	"connection_flows", "connection_log", "connection_records", "connections", "contact_aliases", "contact_search", "contacts", "conversations", "cursors", "duplicate_pairs", "enrolment_steps", "enrolments", "events", "hooks", "idempotency_keys", "identities", "import_rows", "imports",
	"intake_log", "jobs", "links", "memberships", "merges", "message_emails", "message_files", "messages", "notes", "notification_preferences", "notifications", "oauth_grants", "opportunities", "properties", "relations",
	"requirements", "tallied_leads", "tallies", "tasks", "typing", "webhook_deliveries", "webhook_endpoints", "workflow_clocks", "workflow_turns", "workflow_versions",
}

// A new table of a location is set-up, which snapshots take along, or content,
// which they leave: whoever adds one says which.
func TestEveryTableIsSetupOrContent(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		var tables []string
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			rows, err := tx.Query(ctx, `SELECT /*sqlite m.name FROM sqlite_master m WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'location_id') AND 'location_id' IN ('location_id')*/
				/*postgres table_name FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'location_id' AND 'location_id' IN ('location_id')*/`)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var name string
				if err := rows.Scan(&name); err != nil {
					return err
				}
				tables = append(tables, name)
			}
			return rows.Err()
		})
		if len(tables) < 20 {
			t.Fatalf("only %v", tables)
		}
		for _, name := range tables {
			if is := slices.Contains(snapshot.Tables(), name); is == slices.Contains(content, name) {
				t.Errorf("%s: in the list of set-up tables: %v, and in that of content: %v", name, is, is)
			}
		}
	})
}

// A location is set up with what it does not have, with ids of its own wherever
// they stand, and keeps what it has.
func TestASnapshotSetsAnotherLocationUp(t *testing.T) {
	foyertest.Each(t, func(t *testing.T, f *foyertest.F) {
		here := crm.Actor{LocationID: f.Credentials.LocationID, Origin: "test"}
		there := here
		var taken *snapshot.Snapshot
		var field *crm.CustomField
		f.System(t, func(ctx context.Context, tx *db.Tx) error {
			l, err := crm.AddLocation(ctx, tx, f.Credentials.CompanyID, "Second", "")
			if err != nil {
				return err
			}
			there.LocationID = l.ID
			if field, err = crm.CustomFieldNamed(ctx, tx, here, "budget", "MONETORY"); err != nil {
				return err
			}
			if _, err = crm.CustomFieldNamed(ctx, tx, here, "color", "TEXT"); err != nil {
				return err
			}
			step := workflow.Step{Do: workflow.DoSetField, Field: "custom." + field.ID, Value: "3"}
			if _, err = workflow.Add(ctx, tx, here, workflow.Workflow{Kind: workflow.Flow, Name: "Big ones", Status: workflow.Published, Definition: workflow.Definition{Steps: []workflow.Step{step}}}); err != nil {
				return err
			}
			if _, err = association.Add(ctx, tx, here, association.Association{Key: "pair", FirstKey: "contact", FirstLabel: "A", SecondKey: "contact", SecondLabel: "B"}); err != nil {
				return err
			}
			if taken, err = snapshot.Take(ctx, tx, here, "Start"); err != nil {
				return err
			}
			// the other location has one of the fields, of another type
			_, err = crm.CustomFieldNamed(ctx, tx, there, "Color", "LARGE_TEXT")
			return err
		})
		apply := func() (done *snapshot.Applied) {
			f.System(t, func(ctx context.Context, tx *db.Tx) error {
				s, err := snapshot.ByID(ctx, tx, taken.ID)
				if err == nil {
					done, err = snapshot.Apply(ctx, tx, there, s)
				}
				return err
			})
			return done
		}
		if done := apply(); done.Made["custom_fields"] != 1 || done.Kept["custom_fields"] != 1 || done.Made["workflows"] != 1 || done.Made["associations"] != 1 {
			t.Errorf("%+v", done)
		}
		if again := apply(); len(again.Made) != 0 || again.Kept["workflows"] != 1 {
			t.Errorf("again: %+v", again)
		}
		err := f.DB.Read(t.Context(), there.LocationID, func(ctx context.Context, tx *db.Tx) error {
			list, err := crm.CustomFields(ctx, tx, there.LocationID)
			if err != nil {
				return err
			}
			copied, err := crm.CustomFieldByKey(ctx, tx, there.LocationID, "budget")
			if err != nil {
				return err
			}
			if len(list) != 2 || copied == nil || copied.ID == field.ID || copied.DataType != "MONETORY" {
				t.Errorf("fields %+v", list)
			}
			flows, err := workflow.All(ctx, tx, there.LocationID, workflow.Flow, workflow.Draft)
			if err != nil || len(flows) != 1 {
				t.Fatalf("%v %v", flows, err)
			}
			if got := flows[0].Definition.Steps[0].Field; got != "custom."+copied.ID || flows[0].PublishedVersion != 0 {
				t.Errorf("the step names %s, published %d", got, flows[0].PublishedVersion)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
