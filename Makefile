# One profile and one target folder for everything, so RocksDB and Arrow are built once.
export CARGO_TARGET_DIR ?= $(CURDIR)/target
WEIR := $(CARGO_TARGET_DIR)/release/weir
CASES ?= ../shared/acceptance
KAFKA_DIR ?= .kafka

.PHONY: help setup build demo kafka test bench bench-peers fuzz lint acceptance

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Install what the build needs (a C++ compiler, libclang, OpenSSL)
	@scripts/setup

build: setup ## Build the weir binary
	@echo "Building weir; the first build takes about 15 minutes on two cores (RocksDB, Arrow), later ones seconds."
	cargo build --release -p weir

demo: build ## Start a server and watch the bank example live; KAFKA=1: on a Kafka broker of its own
ifdef KAFKA
	@dir=$$(mktemp -d) && trap : INT TERM && trap 'scripts/kafka stop "$$dir" --kill; rm -rf "$$dir"' EXIT && \
	scripts/kafka start "$$dir" --parent $$$$ >/dev/null && \
	$(WEIR) demo --bootstrap-servers "$$(cat "$$dir/bootstrap")"
else
	$(WEIR) demo
endif

kafka: ## Start a Kafka broker for development, with its data in ./.kafka
	@scripts/kafka start $(KAFKA_DIR)
	@echo "use it:  weir server --bootstrap-servers $$(cat $(KAFKA_DIR)/bootstrap)"
	@echo "topics:  scripts/kafka topics $(KAFKA_DIR) --list        more: scripts/kafka --help"
	@echo "stop it: scripts/kafka stop $(KAFKA_DIR)                 its data stays until the folder is removed"

test: setup ## Everything that proves the product, also on a real Kafka broker
	@scripts/kafka libs >/dev/null
	cargo build --release --workspace --all-targets
	cargo test --release --workspace

bench: setup ## Run the benchmarks; prints one table, writes bench.json
	cargo build --release -p weir -p weir-benches
	$(CARGO_TARGET_DIR)/release/weir-benches --json bench.json

bench-peers: setup ## Weir beside Kafka Streams on a real broker; needs Java 17; writes bench-peers.json
	cargo build --release -p weir -p weir-benches
	$(CARGO_TARGET_DIR)/release/weir-benches peers --json bench-peers.json

fuzz: setup ## Fuzz, a minute per target: make fuzz TARGET=json MINUTES=10; `weir-fuzz --help` has more
	RUSTC_WORKSPACE_WRAPPER=$(CURDIR)/fuzz/instrument cargo build --release --workspace --bin weir-fuzz
	nice -n 19 $(CARGO_TARGET_DIR)/release/weir-fuzz $(TARGET) --minutes $(or $(MINUTES),1)

lint: setup ## Formatting and clippy
	cargo fmt --all -- --check
	cargo clippy --release --workspace --all-targets -- -D warnings

acceptance: build ## Run ksqlDB's case files: make acceptance CASES=DIR
	$(WEIR) test --report acceptance.jsonl $(CASES)
