package wire

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts requests by door, route and status, and how long they took.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "foyer_http_requests_total", Help: "Requests by door, route and status."}, []string{"door", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "foyer_http_request_seconds", Help: "Seconds from the first byte of a request to the last of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"door", "route"}),
	}
	if reg != nil {
		reg.MustRegister(m.requests, m.seconds)
	}
	return m
}

func (m *metrics) observe(door, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(door, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(door, route).Observe(took.Seconds())
}
