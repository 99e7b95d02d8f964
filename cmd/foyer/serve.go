package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/foyer-crm/foyer/internal/app"
	"github.com/foyer-crm/foyer/internal/auth"
	"github.com/foyer-crm/foyer/internal/db"
	"github.com/foyer-crm/foyer/internal/dialect/liondesk"
	"github.com/foyer-crm/foyer/internal/ui"
)

// serving is what serve and demo have in common.
type serving struct {
	Listen         string   `help:"Address to serve on; ${default} if left out." default:"127.0.0.1:8080" env:"FOYER_LISTEN" placeholder:"HOST:PORT"`
	MetricsListen  string   `help:"Address of the Prometheus metrics; loopback only. Left to itself it is 127.0.0.1:9464, or any free port if that is taken; \"off\" serves none." env:"FOYER_METRICS_LISTEN" placeholder:"HOST:PORT"`
	TLSCert        string   `help:"Certificate file, to serve HTTPS without a proxy." name:"tls-cert" env:"FOYER_TLS_CERT" type:"path" placeholder:"FILE"`
	TLSKey         string   `help:"Key file of the certificate." name:"tls-key" env:"FOYER_TLS_KEY" type:"path" placeholder:"FILE"`
	TrustedProxies []string `help:"Networks of the proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8. None by default." env:"FOYER_TRUSTED_PROXIES" placeholder:"CIDR"`
	AllowOrigins   []string `help:"Pages that may call the APIs from a browser, as https://team.example, or *. None by default: keys do not belong into browsers." env:"FOYER_ALLOW_ORIGINS" placeholder:"ORIGIN"`
	PublicURL      string   `help:"Address that people and apps outside reach this server by, as https://crm.example, where a proxy stands before it." name:"public-url" env:"FOYER_PUBLIC_URL" placeholder:"URL"`
	SMTPURL        string   `help:"Mail server for notifications, as smtp://user:password@host:587 or smtps://…:465. Without one they are kept and shown as not sent." name:"smtp-url" env:"FOYER_SMTP_URL" placeholder:"URL"`
	MailFrom       string   `help:"Sender of the notifications; foyer at the mail server's name if left out." env:"FOYER_MAIL_FROM" placeholder:"ADDRESS"`
	SMSURL         string   `help:"SMS service in Twilio's shape, as https://ACCOUNT:TOKEN@api.twilio.com?from=%2B15550100; keep: carries nothing and keeps it. Without one no SMS is sent, and each says so." name:"sms-url" env:"FOYER_SMS_URL" placeholder:"URL"`
	IMAPURL        string   `help:"Mailbox that answers come to, as imaps://user:password@host/INBOX. It is read and not changed." name:"imap-url" env:"FOYER_IMAP_URL" placeholder:"URL"`
	IMAPLocation   string   `help:"Location, by id, of mail in the mailbox that answers nothing sent from here; the first one if left out." name:"imap-location" env:"FOYER_IMAP_LOCATION" placeholder:"ID"`
	AllowPrivate   bool     `help:"Let webhooks go to this machine and to private networks too, for tests and for systems behind the same firewall." name:"allow-private-targets" env:"FOYER_ALLOW_PRIVATE_TARGETS"`
	RequireVersion bool     `help:"Refuse a HighLevel request without a Version header, as the original does." default:"true" negatable:"" env:"FOYER_REQUIRE_VERSION"`
	Strict         bool     `help:"Refuse a HighLevel request with a property it does not know, as the original does; otherwise it is a warning." env:"FOYER_STRICT"`
	RateLimit      bool     `help:"Hold HighLevel tokens to the original's limits: 100 requests in 10 seconds, 200,000 a day." env:"FOYER_RATE_LIMIT"`
	RateBurst      int      `help:"Requests in 10 seconds, where tokens are held to limits; ${default} if left out." name:"rate-limit-burst" default:"100" env:"FOYER_RATE_LIMIT_BURST" placeholder:"N"`
	RateDaily      int      `help:"Requests a day, where tokens are held to limits; ${default} if left out." name:"rate-limit-daily" default:"200000" env:"FOYER_RATE_LIMIT_DAILY" placeholder:"N"`
	UploadLimit    int64    `help:"Largest file that can be imported by a browser, in MB; ${default} if left out." name:"upload-limit" default:"1024" env:"FOYER_UPLOAD_LIMIT" placeholder:"MB"`
	LogDays        int      `help:"Days to keep the import log; ${default}, the usual, is for ever." default:"0" env:"FOYER_LOG_DAYS" placeholder:"N"`
	LogLevel       string   `help:"What to log: debug, info, warn or error. Requests are info." default:"info" enum:"debug,info,warn,error" env:"FOYER_LOG_LEVEL"`
}

type serveCommand struct {
	store
	serving
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(o *out) error {
	nothing := func() error { return nil }
	return c.serve(o, c.open(), nothing, func(ctx context.Context, a *app.App, base string) error {
		if c.PublicURL != "" {
			base = strings.TrimRight(c.PublicURL, "/")
		}
		return tellSetup(ctx, o, a, base)
	})
}

// tellSetup prints, for a server without users, where it is set up and the code
// that this takes: who sees the terminal may, and nobody else on the network.
func tellSetup(ctx context.Context, o *out, a *app.App, base string) error {
	empty, err := a.Pages.Empty(ctx)
	if ctx.Err() != nil { // told to end before it could say so
		return nil
	}
	if err != nil || !empty {
		return err
	}
	code := a.Vault.SetupCode()
	_, err = fmt.Fprintf(o.stdout, "\nThis Foyer is empty. Set it up at\n  %s/start?code=%s\nwhich asks for the set-up code %s until there is a user.\n\n", base, code, code)
	return err
}

// The times and sizes a client has, so that slow ones hold nothing up.
const (
	headerTime = 5 * time.Second
	bodyTime   = 30 * time.Second
	answerTime = 60 * time.Second
	idleTime   = 2 * time.Minute
	headerSize = 64 << 10 // bytes
	stopTime   = 10 * time.Second
)

// serve takes the folder, calls prepare, opens everything, serves, calls ready
// with the base address, and stops in order when o ends.
func (s *serving) serve(o *out, where app.Store, prepare func() error, ready func(ctx context.Context, a *app.App, base string) error) (err error) {
	log := s.logger(o)
	// Little of what a request allocates lives on, so collecting half as often
	// costs little memory. GOGC and GOMEMLIMIT still have the last word.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	trusted, err := networks(s.TrustedProxies)
	if err != nil {
		return err
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key belong together: one of them is missing")
	}
	if s.LogDays < 0 {
		return errors.New("--log-days cannot be negative")
	}
	unlock, err := lock(where)
	if err != nil {
		return err
	}
	defer unlock()
	if err := prepare(); err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a, err := app.Open(o, app.Config{Store: where, Log: log, Registry: registry, Trusted: trusted, Origins: s.AllowOrigins, SMTP: s.SMTPURL, MailFrom: s.MailFrom, SMS: s.SMSURL, IMAP: s.IMAPURL, IMAPLocation: s.IMAPLocation, HighLevelVersion: s.RequireVersion, HighLevelStrict: s.Strict, HighLevelLimit: s.RateLimit, HighLevelLimits: auth.Limits{Burst: s.RateBurst, Daily: s.RateDaily}, AllowPrivate: s.AllowPrivate, PublicURL: strings.TrimRight(s.PublicURL, "/"), UploadMost: s.UploadLimit << 20})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := mountPages(a); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(o, "tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", s.Listen, reason(err))
	}
	scheme := "http"
	if s.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
		if err != nil {
			return errors.Join(fmt.Errorf("the certificate cannot be used: %w", err), listener.Close())
		}
		scheme, listener = "https", tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}})
	}
	server := s.server(a.House, log)
	server.RegisterOnShutdown(a.Stream.Close)
	metrics, metricsAt, err := s.serveMetrics(o, registry, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	behind, stopBehind := context.WithCancel(context.WithoutCancel(o))
	stopped := make(chan struct{})
	go func() { a.Run(behind, s.LogDays); close(stopped) }()
	base := scheme + "://" + listener.Addr().String()
	log.Info("serving", "address", base, "metrics", metricsAt, "database", a.DB.Kind().String(), "version", version)
	if err = ready(o, a, base); err == nil {
		select {
		case <-o.Done():
		case err = <-failed:
		}
	}
	// In order: no new requests, those under way finish, then what goes on
	// behind them, then the database.
	log.Info("stopping")
	ending, cancel := context.WithTimeout(context.WithoutCancel(o), stopTime)
	defer cancel()
	if e := server.Shutdown(ending); e != nil {
		err = errors.Join(err, fmt.Errorf("stopping: %w", e), server.Close())
	}
	if metrics != nil {
		err = errors.Join(err, metrics.Close())
	}
	stopBehind()
	<-stopped
	log.Info("stopped")
	return err
}

func (s *serving) server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerSize, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
}

func (s *serving) logger(o *out) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.LogLevel)) // kong has checked it
	return slog.New(slog.NewJSONHandler(o.stderr, &slog.HandlerOptions{Level: level}))
}

// serveMetrics serves what is for the operator only, on loopback.
func (s *serving) serveMetrics(ctx context.Context, registry *prometheus.Registry, log *slog.Logger) (*http.Server, string, error) {
	if s.MetricsListen == "off" {
		return nil, "", nil
	}
	const usual = "127.0.0.1:9464"
	address := s.MetricsListen
	if address == "" {
		address = usual
	}
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, "", fmt.Errorf("the metrics address %s is not a loopback address such as 127.0.0.1:9464", address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil && s.MetricsListen == "" {
		listener, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0") // a second Foyer on this machine
	}
	if err != nil {
		return nil, "", fmt.Errorf("cannot serve metrics on %s: %w", address, reason(err))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := s.server(mux, log)
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are no longer served", "err", err)
		}
	}()
	return server, "http://" + listener.Addr().String() + "/metrics", nil
}

// mountPages adds what is no vendor's: the landing page and the probes.
func mountPages(a *app.App) error {
	landing, err := ui.NewLanding(
		ui.DoorLine{Name: "Radius client import", Method: "POST", Path: "/v3.0/clients/import", Key: "secure-id: KEY"},
		ui.DoorLine{Name: "LionDesk v1", Method: "POST", Path: "/", Key: "Basic APIKEY: and X-LionDesk-Id: USERKEY"},
		ui.DoorLine{Name: "Brokerkit leads v2", Method: "POST", Path: "/v2/leads", Key: "Token token=KEY"},
		ui.DoorLine{Name: "HighLevel v2", Method: "POST", Path: "/contacts/", Key: "Bearer KEY"},
	)
	if err != nil {
		return fmt.Errorf("reading the pages: %w", err)
	}
	a.House.Handle(http.MethodGet, "/", func(w http.ResponseWriter, r *http.Request) {
		if ui.WantsPage(r) {
			if a.Pages.LeadsToStart(w, r) {
				return
			}
			landing.ServeHTTP(w, r)
			return
		}
		liondesk.MethodNotAllowed(w, r)
	})
	a.House.Handle(http.MethodGet, "/healthz", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, map[string]string{"status": "ok", "version": version})
	})
	a.House.Handle(http.MethodGet, "/readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := a.DB.Healthy(ctx); err != nil {
			say(w, http.StatusServiceUnavailable, map[string]string{"status": "unavailable"})
			return
		}
		say(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	return nil
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a prober that has gone has nothing to be told
}

func networks(texts []string) ([]*net.IPNet, error) {
	var all []*net.IPNet
	for _, t := range texts {
		size := ""
		if !strings.Contains(t, "/") {
			if size = "/128"; net.ParseIP(t).To4() != nil {
				size = "/32"
			}
		}
		_, n, err := net.ParseCIDR(t + size)
		if err != nil {
			return nil, fmt.Errorf("the trusted proxy %q is not a network such as 10.0.0.0/8", t)
		}
		all = append(all, n)
	}
	return all, nil
}

// reason leaves off of a network error what the sentence around it says.
func reason(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// lockName is the file whose lock says that a server uses a folder.
const lockName = "foyer.lock"

// lock makes sure that one server uses a SQLite database. Other commands may
// work beside it.
func lock(where app.Store) (unlock func(), err error) {
	if where.DatabaseURL != "" {
		return func() {}, nil
	}
	if err := os.MkdirAll(where.Data, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(where.Data, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder cannot be used: %w", err)
	}
	if err := db.LockFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("another Foyer is serving %s; stop it first, or use another --data folder", where.Data), f.Close())
	}
	return func() { _ = f.Close() }, nil // which gives up the lock
}
