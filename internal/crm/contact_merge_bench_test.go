package crm_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// BenchmarkMerge makes two contacts with ten notes each one, and two again.
func BenchmarkMerge(b *testing.B) {
	f := foyertest.New(b)
	var ids []string
	for i := range 2 {
		c := mustSave(b, f, crm.Save{Input: person("Ana", "Ruiz", fmt.Sprintf("a%d@x.example", i), fmt.Sprintf("602555010%d", i))}).Contact
		ids = append(ids, c.ID)
		do(b, f, func(ctx context.Context, tx *db.Tx) error {
			for range 10 {
				if _, err := crm.AddNote(ctx, tx, actor(f), crm.Note{ContactID: c.ID, Body: "note"}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for b.Loop() {
		unmerge(b, f, merge(b, f, ids[0], ids[1]).ID)
	}
}
