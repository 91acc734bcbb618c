# Everything a newcomer needs: `make run` and `make test`. `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PORT ?= 8080
DATA ?= data
TARGET := $(or $(CARGO_TARGET_DIR),target)
# What the tests from outside run on, one after the other.
STORES ?= sqlite redis
# How often `make failures` kills something, on each store.
CYCLES ?= 200
# How long `make fuzz` attacks (bash has a SECONDS of its own), and its first case.
FUZZ_SECONDS := $(or $(SECONDS),600)
SEED ?= 0
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

WEB_SOURCES := $(shell find web-client -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.PHONY: help run build test check lint web tools unit fuzz fuzz-briefly system failures interop browser latency bench attacks pictures clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: build ## Build all, load the sample journeys on first start, serve on PORT (8080)
	exec $(TARGET)/release/hartslag serve --listen 0.0.0.0:$(PORT) --data $(DATA) --samples

build: web ## The release binary with the web client in it
	cargo build --release --locked --package hartslag-server

web: web-client/dist/.built ## The web client

web-client/node_modules/.installed: web-client/package-lock.json
	cd web-client && $(NPM_CI)
	touch $@

web-client/dist/.built: web-client/node_modules/.installed $(WEB_SOURCES)
	cd web-client && npm run --silent build
	touch $@

tests/node_modules/.installed: tests/package-lock.json
	cd tests && $(NPM_CI)
	touch $@

tools: ## What the tests need from the distribution: redis-server, Chromium, fonts
	.ci/install-tools

test: tools lint unit fuzz-briefly system interop browser ## Every check and test, as CI runs them
	@echo "make test: all passed"

lint: web ## Formatting, lints, types, docs
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items
	cd web-client && npm run --silent check

unit: web ## Rules, stores, handlers; the web client's logic
	cargo test --locked --workspace --exclude hartslag-tests --exclude hartslag-load --exclude hartslag-fuzz
	cd web-client && npm test --silent

fuzz: tests/node_modules/.installed ## Hostile input for SECONDS (600): gate, readers, and the same in Yjs
	cargo run --release --locked --package hartslag-fuzz -- --seconds $(FUZZ_SECONDS) --seed $(SEED) --yjs

fuzz-briefly: tests/node_modules/.installed
	cargo test --locked --package hartslag-fuzz
	cargo run --locked --package hartslag-fuzz -- --seconds 20 --yjs

system: web tools ## The running server, from outside: faults, hostile input, convergence
	cargo build --locked --package hartslag-server
	for store in $(STORES); do HARTSLAG_TEST_STORE=$$store cargo test --locked --package hartslag-tests; done

failures: tools ## Kill server and Redis CYCLES times under twenty clients: nothing promised is lost
	cargo build --locked --package hartslag-server
	for store in $(STORES); do HARTSLAG_CYCLES=$(CYCLES) HARTSLAG_TEST_STORE=$$store cargo test --locked --package hartslag-tests --test system random_failures -- --nocapture; done

interop: web tools tests/node_modules/.installed ## Unmodified y-websocket clients
	cargo build --locked --package hartslag-server
	cd tests; for store in $(STORES); do HARTSLAG_TEST_STORE=$$store npm run --silent interop; done

browser: web tools tests/node_modules/.installed ## A workshop in Chromium, keyboard only, axe
	cargo build --locked --package hartslag-server
	cd tests; for store in $(STORES); do HARTSLAG_TEST_STORE=$$store npm run --silent browser; done

latency: build tools tests/node_modules/.installed ## How long an edit takes to another browser: p95 under 100 ms
	cd tests && HARTSLAG_BINARY=$(abspath $(TARGET))/release/hartslag npm run --silent latency

tests/load/peers/%/node_modules/.installed: tests/load/peers/%/package-lock.json
	cd $(dir $<) && $(NPM_CI)
	touch $@

# What `make bench` measures: names as `hartslag-load bench --help` lists them, with commas; all by
# default. The middle one of REPEAT runs counts.
SCENARIOS ?=
PEERS ?=
REPEAT ?= 3
DOCUMENT ?=

bench: build tools tests/load/peers/y-websocket/node_modules/.installed tests/load/peers/hocuspocus/node_modules/.installed ## Cost per delivered edit beside a plain relay and other servers
	cargo build --release --locked --package hartslag-load
	mkdir -p $(TARGET)/bench
	TMPDIR=$(abspath $(TARGET))/bench $(TARGET)/release/hartslag-load bench --repeat $(REPEAT) --output $(TARGET)/bench \
		$(if $(SCENARIOS),--scenarios $(SCENARIOS)) $(if $(PEERS),--peers $(PEERS)) $(if $(DOCUMENT),--document $(DOCUMENT))

# What `make attacks` stands: names as `hartslag-load attacks --help` lists them, with commas; all by
# default.
ATTACKS ?=

attacks: build tools ## Hostile guests against the release build: what honest people notice
	cargo build --release --locked --package hartslag-load
	mkdir -p $(TARGET)/attacks
	TMPDIR=$(abspath $(TARGET))/attacks $(TARGET)/release/hartslag-load attacks --output $(TARGET)/attacks \
		$(if $(ATTACKS),--attacks $(ATTACKS))

pictures: web tools tests/node_modules/.installed ## The documentation's pictures, from the running product
	cargo build --locked --package hartslag-server
	cd tests && npm run --silent pictures

# Versions of the tools that only `make check` needs; built or fetched when absent.
CARGO_DENY := 0.20.2
TYPOS := 1.52.0

$(TARGET)/tools/bin/cargo-deny:
	@echo "cargo-deny is built once, which takes some minutes"
	cargo install --locked --quiet --root $(TARGET)/tools cargo-deny@$(CARGO_DENY)

$(TARGET)/tools/typos/bin/typos:
	python3 -m venv $(TARGET)/tools/typos
	$(TARGET)/tools/typos/bin/pip install --quiet typos==$(TYPOS)

check: lint $(TARGET)/tools/bin/cargo-deny $(TARGET)/tools/typos/bin/typos ## Lints; licences and sources of dependencies, known weaknesses, spelling
	$(TARGET)/tools/bin/cargo-deny deny --locked check bans licenses sources
	for folder in web-client tests; do (cd $$folder && node ../.ci/check-npm.mjs); done
	$(TARGET)/tools/typos/bin/typos

clean: ## Remove what was built, keep the data
	cargo clean
	rm -rf web-client/dist web-client/node_modules tests/node_modules
