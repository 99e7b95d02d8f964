package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/connect"
	"github.com/foyer-crm/foyer/internal/crm"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/foyertest"
)

// series gives the values of a registry by name, or name and outcome, of one
// connection, and all its labels.
func series(t *testing.T, reg *prometheus.Registry, connection string) (values map[string]float64, labels map[string]bool) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values, labels = map[string]float64{}, map[string]bool{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			of, name := "", f.GetName()
			for _, l := range m.GetLabel() {
				switch l.GetName() {
				case "connection":
					of = l.GetValue()
				case "outcome":
					name += " " + l.GetValue()
				}
			}
			if of != connection {
				continue
			}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
			values[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return values, labels
}

// How a connection fares is in the metrics and in its status; a credential that no
// longer opens the system is told to the admins.
func TestHowAConnectionFaresIsKnown(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"message":"Invalid JWT"}`))
	}))
	defer s.Close()
	reg := prometheus.NewRegistry()
	f := foyertest.Start(t, app.Config{Store: app.Store{Data: t.TempDir(), Strict: true}, HighLevelVersion: true, AllowPrivate: true, Registry: reg})
	n := tokened(t, f, s.URL, "contact")
	if values, _ := series(t, reg, n.ID); values["foyer_connection_up"] != 1 {
		t.Errorf("at first: %v", values)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan bool)
	go func() { f.Run(ctx, 0); close(ended) }()
	defer func() { stop(); <-ended }()
	var status *connect.Status
	told := false
	for deadline := time.Now().Add(20 * time.Second); !told && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		f.Read(t, func(ctx context.Context, tx *db.Tx) (err error) {
			status, err = connect.StatusOf(ctx, tx, n.LocationID, n.ID)
			return err
		})
		f.Read(t, func(ctx context.Context, tx *db.Tx) error {
			all, err := crm.NotificationsOf(ctx, tx, n.LocationID, f.Credentials.User.ID, "", false, 10)
			for i := range all {
				told = told || all[i].Kind == "connection_failed"
			}
			return err
		})
	}
	if !told {
		t.Error("no admin was told")
	}
	if status.Connection.Status != connect.Broken || status.Connection.Requests["unauthorized"] != 1 || status.Breaker != "closed" || status.Connection.LastError == "" {
		t.Errorf("%+v of %+v", status, status.Connection)
	}
	values, labels := series(t, reg, n.ID)
	if values["foyer_connection_up"] != 0 || values["foyer_connection_last_error_timestamp_seconds"] == 0 || values["foyer_connection_requests_total unauthorized"] != 1 {
		t.Errorf("%v", values)
	}
	for _, name := range []string{"queue_records", "lag_seconds", "breaker_open", "token_expiry_timestamp_seconds", "last_done_timestamp_seconds"} {
		if _, there := values["foyer_connection_"+name]; !there {
			t.Errorf("no %s", name)
		}
	}
	if len(labels) != 3 || !labels["connection"] || !labels["kind"] || !labels["outcome"] {
		t.Errorf("labels %v", labels)
	}
}
