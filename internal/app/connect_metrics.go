package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/foyer-crm/foyer/internal/connect"
)

// bridgeMetrics says how the connections fare, when it is asked.
type bridgeMetrics struct {
	bridge *connect.Engine
	gauges []bridgeGauge
	sent   *prometheus.Desc
	failed *prometheus.Desc
}

// bridgeGauge is a number of a connection.
type bridgeGauge struct {
	desc *prometheus.Desc
	of   func(h *connect.Health, now time.Time) float64
}

// connectionLabels are those of every series. Names of connections are people's own.
var connectionLabels = []string{"connection", "kind"}

func newBridgeMetrics(g *connect.Engine) *bridgeMetrics {
	m := &bridgeMetrics{bridge: g,
		sent:   prometheus.NewDesc("foyer_connection_requests_total", "Requests of this process to the system of a connection, by what came of them.", append([]string{"outcome"}, connectionLabels...), nil),
		failed: prometheus.NewDesc("foyer_connections_scrape_failed", "1 if the connections could not be looked at.", nil, nil),
	}
	for _, g := range []struct {
		name, help string
		of         func(h *connect.Health, now time.Time) float64
	}{
		{"up", "1 if the connection is active and its system does as it is asked.", func(h *connect.Health, _ time.Time) float64 {
			return truth(h.Status == connect.Active && h.FailingSince.IsZero())
		}},
		{"queue_records", "Records that wait to be brought into step.", func(h *connect.Health, _ time.Time) float64 { return float64(h.Queue) }},
		{"lag_seconds", "How long the oldest of them has waited.", func(h *connect.Health, _ time.Time) float64 { return h.Lag.Seconds() }},
		{"breaker_open", "1 while the system is left alone.", func(h *connect.Health, now time.Time) float64 {
			return truth(h.OpenUntil.After(now) || h.Gate.Broken.After(now))
		}},
		{"last_error_timestamp_seconds", "When the system last did not do as it was asked, 0 for never.", func(h *connect.Health, _ time.Time) float64 { return stamp(h.LastErrorAt) }},
		{"last_done_timestamp_seconds", "When the system last did as it was asked, 0 for never.", func(h *connect.Health, _ time.Time) float64 { return stamp(h.LastDoneAt) }},
		{"token_expiry_timestamp_seconds", "When the token ends, 0 for one that does not.", func(h *connect.Health, _ time.Time) float64 { return stamp(h.ExpiresAt) }},
	} {
		m.gauges = append(m.gauges, bridgeGauge{prometheus.NewDesc("foyer_connection_"+g.name, g.help, connectionLabels, nil), g.of})
	}
	return m
}

// Describe says which series there are.
func (m *bridgeMetrics) Describe(to chan<- *prometheus.Desc) {
	to <- m.sent
	to <- m.failed
	for _, g := range m.gauges {
		to <- g.desc
	}
}

// Collect looks at the connections.
func (m *bridgeMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	all, err := m.bridge.Healths(ctx)
	to <- prometheus.MustNewConstMetric(m.failed, prometheus.GaugeValue, truth(err != nil))
	now := time.Now()
	for i := range all {
		h := &all[i]
		for _, g := range m.gauges {
			to <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, g.of(h, now), h.ID, h.Kind)
		}
		for outcome, n := range h.Gate.Requests {
			to <- prometheus.MustNewConstMetric(m.sent, prometheus.CounterValue, float64(n), outcome, h.ID, h.Kind)
		}
	}
}

func truth(v bool) float64 {
	if v {
		return 1
	}
	return 0
}

func stamp(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.UnixMilli()) / 1000
}
