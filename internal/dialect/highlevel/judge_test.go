package highlevel_test

import (
	"testing"

	"github.com/foyer-crm/foyer/internal/foyertest"
)

func TestZ(t *testing.T) {
	j, err := foyertest.TheJudge()
	if err != nil {
		t.Fatal(err)
	}
	m, err := j.Missing()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range m {
		t.Log("MISSING", m)
	}
}
