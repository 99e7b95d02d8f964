package bench_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/foyer-crm/foyer/internal/bench"
)

// An import is measured beside what its database has itself.
func TestAnImportIsMeasured(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: it builds the program")
	}
	binary := filepath.Join(t.TempDir(), "foyer")
	build := exec.Command("go", "build", "-o", binary, "../../cmd/foyer")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, at := range map[string]string{"sqlite3 .import": "", "COPY": os.Getenv("FOYER_TEST_POSTGRES")} {
		t.Run(name, func(t *testing.T) {
			if name == "COPY" && at == "" {
				t.Skip("skipped: FOYER_TEST_POSTGRES names no PostgreSQL; make test starts one")
			}
			f, err := bench.Import(t.Context(), bench.ImportOptions{Binary: binary, Dir: t.TempDir(), Rows: 500, Postgres: at, Progress: io.Discard})
			if err != nil {
				t.Fatal(err)
			}
			if f.Beside != name || f.Rate == 0 || f.Skipped == "" && f.Ratio == 0 || f.Wanted == 0 {
				t.Errorf("%+v", f)
			}
		})
	}
}
