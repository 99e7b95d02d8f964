package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/foyer-crm/foyer/internal/db"
)

// lastly writes companies at the end of the group. The key is in created_at.
var lastly = &db.Late{
	Delete: `DELETE FROM companies WHERE created_at IN (
		SELECT /*sqlite value->>0 FROM json_each($1)*/ /*postgres (value->>0)::bigint FROM jsonb_array_elements($1::jsonb)*/)`,
	Insert: `INSERT INTO companies (created_at, id, name, updated_at)
		SELECT /*sqlite value->>0, value->>1, value->>1, 0 FROM json_each($1)*/
		/*postgres (value->>0)::bigint, value->>1, value->>1, 0 FROM jsonb_array_elements($1::jsonb)*/`,
}

func put(key int64, replace bool, s string) command {
	return func(_ context.Context, tx *db.Tx) error {
		tx.Last(lastly, key, replace, []any{key, s})
		return nil
	}
}

func TestLastRowsAreWrittenOncePerGroup(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		system(t, d, put(1, false, "old"))
		gone := func(_ context.Context, tx *db.Tx) error { tx.Last(lastly, 4, true, nil); return nil }
		for _, err := range together(t, d,
			call{f: put(1, true, "new")}, call{f: put(1, true, "newer")}, // of one key the last counts
			call{f: put(2, false, "two")}, call{f: put(3, false, "three")},
			call{f: put(4, false, "four")}, call{f: gone}, // made and deleted in one group
		) {
			if err != nil {
				t.Error(err)
			}
		}
		stored(t, d, "newer", "three", "two")
	})
}

func TestARolledBackCommandLeavesNoLastRow(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		got := together(t, d, call{f: put(1, false, "a")},
			call{f: func(ctx context.Context, tx *db.Tx) error { _ = put(2, false, "b")(ctx, tx); return errOwn }},
			call{f: put(3, false, "c")})
		if got[0] != nil || !errors.Is(got[1], errOwn) || got[2] != nil {
			t.Errorf("told %v", got)
		}
		stored(t, d, "a", "c")
	})
}

// A last row that the database refuses is the failure of the command that left
// it, although it is written together with those of all others.
func TestABadLastRowIsItsCommandsFailure(t *testing.T) {
	each(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		system(t, d, put(1, false, "a"))
		got := together(t, d, call{f: put(2, false, "b")}, call{f: put(3, false, "a")}, call{f: put(4, false, "c")})
		if got[0] != nil || got[1] == nil || got[2] != nil {
			t.Errorf("told %v", got)
		}
		stored(t, d, "a", "b", "c")
	})
}
