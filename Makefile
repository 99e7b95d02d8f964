# Foyer is built with Go alone. The tests also want a C compiler (for the race
# detector) and PostgreSQL, which scripts/with-postgres finds or installs.
# `make lint-full` once, and `make lint` includes golangci-lint from then on.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO       ?= go
FUZZTIME ?= 30s
FUZZJOBS ?= 2
# What go test is told beyond the defaults, e.g. TESTFLAGS='-run TestMerge -v'.
TESTFLAGS ?=

POSTGRES = scripts/with-postgres

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## one static binary: bin/foyer
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o bin/foyer ./cmd/foyer

.PHONY: run
run: build ## serve with the configuration of your environment
	bin/foyer serve

.PHONY: demo
demo: build ## serve with sample people, to look around
	bin/foyer demo

.PHONY: test
test: ## every test, on SQLite and PostgreSQL, most with the race detector
	$(POSTGRES) scripts/test -race -timeout 25m $(TESTFLAGS)

.PHONY: test-short
test-short: ## quick tests while you write: SQLite only, no race detector
	env -u FOYER_TEST_POSTGRES -u FOYER_TEST_PGCTL scripts/test -short $(TESTFLAGS)

.PHONY: promises
promises: ## the promises that are checked with smaller numbers by make test, on both databases
	$(POSTGRES) env FOYER_SOAK=1 $(GO) test -count 1 -v -timeout 120m ./internal/webhook ./internal/outbound
	$(POSTGRES) env FOYER_SOAK=1 $(GO) test -count 1 -v -timeout 120m -run 'Webhook' ./internal/faults
	$(POSTGRES) env FOYER_SOAK=1 $(GO) test -count 1 -timeout 120m -run 'Naughty|NoJSON' ./internal/app

.PHONY: sync-promises
sync-promises: ## the promises of docs/sync.md: 1,000 seeds of 200 edits on both databases, 200 kills
	$(POSTGRES) env FOYER_SOAK=1 $(GO) test -count 1 -v -timeout 600m ./internal/bridge
	FOYER_SOAK=1 $(GO) test -count 1 -v -timeout 120m -run TwoSides ./internal/connect
	$(POSTGRES) env FOYER_SOAK=1 $(GO) test -count 1 -v -timeout 240m -run KilledFirstSync ./internal/faults

.PHONY: sync-soak
sync-soak: ## before a release: 20,000 seeds of 200 edits through faults, on SQLite
	FOYER_SOAK=1 FOYER_SEEDS=20000 $(GO) test -count 1 -v -timeout 48h -run TwoFoyers/sqlite ./internal/bridge

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (30s) each, FUZZJOBS (2) at a time
	FUZZTIME=$(FUZZTIME) FUZZJOBS=$(FUZZJOBS) scripts/fuzz

.PHONY: lint
lint: ## gofmt, vet, staticcheck, shellcheck; golangci-lint too if lint-full built it
	scripts/lint

.PHONY: lint-full
lint-full: ## lint with golangci-lint; the first time it compiles for several minutes
	scripts/install-tool golangci-lint
	scripts/lint

.PHONY: bench
bench: build ## measure this build on both databases, into BENCHMARKS.md (half an hour)
	bin/foyer bench all --out BENCHMARKS.md
	$(POSTGRES) sh -c 'bin/foyer bench all --sizes 0,100000 --database-url "$$FOYER_TEST_POSTGRES" --out BENCHMARKS.md'
	bin/foyer bench import
	$(POSTGRES) sh -c 'bin/foyer bench import --database-url "$$FOYER_TEST_POSTGRES"'

.PHONY: bench-peers
bench-peers: build ## measure this build beside PocketBase (bench/peers), into BENCHMARKS.md
	cd bench/peers && CGO_ENABLED=0 $(GO) build -trimpath -o ../../bin/peers .
	bin/foyer bench peers --peer bin/peers --out BENCHMARKS.md

.PHONY: pictures
pictures: ## the pictures of the documents, into docs/images (Chromium)
	FOYER_PICTURES=$(CURDIR)/docs/images $(GO) test -count 1 -run TestPicturesForTheDocuments ./internal/ui

.PHONY: lighthouse
lighthouse: build ## what Lighthouse says of the pages, wanted: 0.95 and more (Chromium, Node)
	scripts/lighthouse

.PHONY: cover
cover: ## test coverage of all packages together, in cover.out
	$(POSTGRES) scripts/test -timeout 25m -coverpkg=./... -coverprofile=cover.out $(TESTFLAGS)
	$(GO) tool cover -func=cover.out | tail -n 1

.PHONY: clean
clean: ## remove what was built, except the tools in .bin
	rm -rf bin cover.out
