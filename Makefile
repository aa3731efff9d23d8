# kioskd: make run tries it, make test proves it.

SHELL   := /bin/bash
GO      ?= go
RELEASE ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.release=$(RELEASE)

.PHONY: help run build test tools vet staticcheck unit oracle demo bench sim fuzz clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## try the whole machine here, without hardware and without an account
	./bin/kioskd demo $(ARGS)

build: ## kioskd and kiosk-sim into bin/, without cgo
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

test: tools vet staticcheck unit oracle demo ## everything that CI runs

tools: ## what the tests need from Debian
	@./internal/need/tools.sh

vet:
	$(GO) vet ./...
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not gofmt'ed:"; echo "$$out"; exit 1; fi

staticcheck:
	$(GO) tool staticcheck ./...

# The race detector needs cgo; what is released is built without.
unit: ## all tests, with the race detector
	CGO_ENABLED=1 $(GO) test -race -parallel 8 -timeout 20m ./...

oracle: ## the official SDK against our simulator
	cd internal/oracle && $(GO) vet ./... && $(GO) test ./...

demo: build ## twenty scripted customers against the built binary
	./bin/kioskd demo --screen none --customers 20 --seed 1 --json

bench: build ## speed and memory, with peers in the same run
	$(GO) run ./internal/bench $(ARGS)

# The long forms of the proofs; the short ones run in make test.

sim: ## 100,000 seeded sales with crashes and faults, then 10,000 that heal (SEED=n)
	$(GO) test ./internal/sim -count=1 -timeout 60m -v -sales $(or $(SALES),100000) -healing $(or $(HEALING),10000) -seed $(or $(SEED),1) | grep -v '^ *--- PASS\|^=== '

fuzz: ## every fuzz target for FUZZTIME (10m)
	@set -e; for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(or $(FUZZTIME),10m) $$p; \
	  done; \
	done

clean:
	rm -rf bin
