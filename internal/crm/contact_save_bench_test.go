package crm_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// BenchmarkSave saves contacts from 64 callers at once, half of them known.
func BenchmarkSave(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSave(b, foyertest.New(b)) })
	b.Run("postgres", func(b *testing.B) {
		benchmarkSave(b, foyertest.NewPostgres(b))
	})
}

func benchmarkSave(b *testing.B, f *foyertest.F) {
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			in := person("Ana", fmt.Sprint("Ruiz", i/2), fmt.Sprintf("ana.ruiz%d@x.example", i/2), fmt.Sprintf("%010d", 6020000000+i/2))
			in.CompanyName, in.Address = fmt.Sprint("Company", i), crm.Address{Line1: "1 Main St", City: "Phoenix", State: "AZ", PostalCode: "85004"}
			in.Tags, in.Source, in.Type = []string{"buyer", "hot"}, "site", "buyer"
			if _, err := save(b, f, crm.Save{Input: in}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
