# Written for GNU make 3.81 and later, so that the one on macOS will do.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ARGS ?=
FLAGS ?=
FUZZTIME ?= 10s

GOVULNCHECK := v1.9.0
CYCLONEDX := v1.10.0
LINT := go tool -modfile=tools.mod golangci-lint
NPM_CI := npm ci --no-audit --no-fund --loglevel=error >/dev/null
WEB_SOURCES := $(shell find web \( -name node_modules -o -name dist \) -prune -o -type f ! -name '*.go' -print)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: ## Start everything on this machine with sample data (ARGS="--scale 0.1")
	@scripts/setup.sh postgres redis node
	@$(MAKE) build
	@exec bin/footfall demo $(ARGS)

.PHONY: build
build: web ## Build bin/footfall
	@if [ -x bin/footfall ]; then echo "Building bin/footfall"; \
	else echo "Building bin/footfall (the first time takes a minute or two)"; fi
	@go build -o bin/footfall .

.PHONY: web
web: web/dist/playground.html ## Build the front end, when its sources are newer than web/dist
	@:

web/dist/playground.html: $(WEB_SOURCES)
	@if ! command -v npm >/dev/null; then \
		echo "npm is missing: the front end is not built, everything else works"; exit 0; fi; \
	echo "Building the front end"; cd web || exit; \
	[ node_modules/.package-lock.json -nt package-lock.json ] || $(NPM_CI) || exit; \
	npm run --silent build -- --logLevel warn && touch dist/playground.html

.PHONY: test
test: ## Test against real Postgres and Redis (FLAGS="-run Leaderboard")
	@scripts/setup.sh postgres redis
	@echo "Testing (the first time, compiling takes a minute or two)"
	@go test -timeout 20m $(FLAGS) ./...

.PHONY: race
race: ## The same tests under the race detector
	@scripts/setup.sh postgres redis
	@command -v cc >/dev/null || scripts/setup.sh cc
	@echo "Testing under the race detector (the first time, compiling takes some minutes)"
	@go test -race -timeout 30m $(FLAGS) ./...

# Go before 1.27 sometimes ends a fuzz run that found nothing with "context
# deadline exceeded" (go.dev/issue/75804); that alone is not a failure.
.PHONY: fuzz
fuzz: ## Fuzz each parser of outside input for FUZZTIME (10s)
	@log=$$(mktemp) && trap 'rm -f "$$log"' EXIT && failed=0; \
	for file in $$(find . -name node_modules -prune -o -name '*_test.go' -print | xargs grep -lE '^func Fuzz'); do \
		for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*).*/\1/p' "$$file"); do \
			echo "Fuzzing $$name in $${file%/*} for $(FUZZTIME)"; \
			if go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$${file%/*}" >"$$log" 2>&1; then \
				grep '^fuzz: elapsed' "$$log" | tail -n 1; \
			elif grep -q 'context deadline exceeded' "$$log" && ! grep -qiE 'failing input|seed corpus|panic' "$$log"; then \
				echo "nothing found (ended by the toolchain's deadline)"; \
			else cat "$$log"; failed=1; fi; \
		done; \
	done; exit $$failed

.PHONY: e2e
e2e: ## Drive the gateway with real clients and a browser
	@scripts/setup.sh postgres redis chromium node
	@$(MAKE) build
	@$(MAKE) -s e2e/node_modules/.package-lock.json
	@node e2e/run.mjs $(ARGS)

e2e/node_modules/.package-lock.json: e2e/package-lock.json
	@echo "Installing the packages of e2e"; cd e2e && $(NPM_CI)

.PHONY: chaos
chaos: ## Break things under load and check every answer, some nine minutes (ARGS="-run '^Redis'")
	@scripts/setup.sh postgres redis
	@go run ./chaos $(ARGS)

.PHONY: soak
soak: ## Hold the load at half of capacity for an hour (ARGS="-soak 10m")
	@scripts/setup.sh postgres redis
	@go run ./chaos -soak 1h $(ARGS)

.PHONY: bench
bench: ## Measure the jobs beside what one would write by hand (ARGS="-events 5000000")
	@scripts/setup.sh postgres redis
	@go run ./bench $(ARGS)

.PHONY: bench-peers
bench-peers: ## The same, beside other GraphQL servers too
	@scripts/setup.sh postgres redis node
	@$(MAKE) -s bench/peers/node_modules/.package-lock.json
	@go run ./bench -peers $(ARGS)

bench/peers/node_modules/.package-lock.json: bench/peers/package-lock.json
	@echo "Installing the packages of bench/peers"; cd bench/peers && $(NPM_CI)

BENCHED := '^Benchmark(Decompose|Plan|Merge|Union|Encode|Decode|Unpack|Breakdown|Answer|Hit)$$'

.PHONY: bench-compare
bench-compare: ## Compare the core's benchmarks with the kept figures (KEEP=1 keeps these)
	@scripts/setup.sh postgres redis
	@mkdir -p bench/.footfall; log=bench/.footfall/benchmarks.txt; echo "Measuring the core, about three minutes"; \
	go test -run '^$$' -bench $(BENCHED) -benchmem -benchtime .2s -count 6 ./analytics ./edge ./store/cache >"$$log" || { cat "$$log"; exit 1; }; \
	if [ -n "$(KEEP)" ]; then grep -E '^(goos|goarch|pkg|cpu|Benchmark)' "$$log" >bench/baseline.txt; echo "Kept in bench/baseline.txt"; \
	else go tool benchstat bench/baseline.txt "$$log"; fi

.PHONY: generate
generate: ## Regenerate what is generated
	@echo "Generating"
	@go generate ./...
	@$(MAKE) schema

.PHONY: generate-check
generate-check: ## Fail when regenerating changes a file
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT; \
	sums() { find . \( -name .git -o -name node_modules -o -name bin -o -name dist -o -name .footfall \) -prune \
		-o -type f -exec cksum {} + | sort -k 3; }; \
	sums >"$$dir/before" && $(MAKE) generate && sums >"$$dir/after" || exit; \
	if cmp -s "$$dir/before" "$$dir/after"; then echo "Regenerating changes nothing"; \
	else echo "Regenerating changed these files; commit them:"; \
		diff "$$dir/before" "$$dir/after" | sed -nE 's/^[<>] [0-9]+ [0-9]+ /  /p' | sort -u; exit 1; fi

.PHONY: schema
schema: ## Write docs/schema.graphql, after a change in graph/schema
	@go run . schema >docs/schema.new && mv docs/schema.new docs/schema.graphql || { rm docs/schema.new; exit 1; }

.PHONY: schema-check
schema-check: ## Fail when the schema breaks clients and the CHANGELOG does not say so
	@scripts/setup.sh node
	@go run . schema | cmp -s - docs/schema.graphql || { echo "docs/schema.graphql is old: run make schema"; exit 1; }
	@$(MAKE) -s e2e/node_modules/.package-lock.json
	@node e2e/schema/check.mjs

.PHONY: schema-release
schema-release: ## At a release: what clients may rely on from now on
	@cp docs/schema.graphql docs/schema.released.graphql

.PHONY: lint
lint: ## Lint (the first time compiles golangci-lint: a minute or two)
	@echo "Linting (the first time compiles golangci-lint: a minute or two)"
	@$(LINT) run

.PHONY: audit
audit: ## Check what we depend on: unchanged, at exact versions, without known holes
	@scripts/audit.sh $(GOVULNCHECK)

.PHONY: sbom
sbom: ## Write what is in the binary to bin/footfall.cdx.json, and in its pages to bin/footfall-web.cdx.json (CycloneDX)
	@scripts/setup.sh node
	@mkdir -p bin && scripts/build.sh bin/footfall-release
	@go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX) bin -json -output bin/footfall.cdx.json bin/footfall-release
	@cd web && npm sbom --sbom-format cyclonedx --package-lock-only --omit dev --legacy-peer-deps >../bin/footfall-web.cdx.json
	@echo "Written: bin/footfall.cdx.json, bin/footfall-web.cdx.json"

.PHONY: reproducible
reproducible: ## Build the binary twice, apart, and compare the bytes
	@echo "Building twice, the second time from nothing (some minutes)"
	@scripts/reproducible.sh

.PHONY: fmt
fmt: ## Format Go files as lint wants them
	@$(LINT) fmt

.PHONY: clean
clean: ## Remove what was built; the demo's data in .footfall stays
	@rm -rf bin web/node_modules bench/peers/node_modules e2e/node_modules e2e/generated e2e/screenshots coverage
	@[ ! -d web/dist ] || find web/dist -mindepth 1 ! -name .gitkeep -delete
