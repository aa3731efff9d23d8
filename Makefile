# kioskd: make run tries it, make test proves it.

SHELL   := /bin/bash
.SHELLFLAGS := -o pipefail -c
GO      ?= go
RELEASE ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.release=$(RELEASE)

PROOFS  := sim torture powercut corrupt disk line net clock forge soak

.PHONY: help run build deb deb-test test tools vet staticcheck unit oracle demo bench $(PROOFS) fuzz clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## try the whole machine here, without hardware and without an account
	./bin/kioskd demo $(ARGS)

build: ## kioskd and kiosk-sim into bin/, without cgo
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

deb: ## Debian packages for amd64, arm64 and armhf into dist/
	./packaging/deb.sh

deb-test: tools ## the packages in full: every binary, and a sale in a booted Debian (5 minutes, root)
	CI=true $(GO) test ./internal/debtest -count=1 -timeout 30m -v -all -boot

test: tools vet staticcheck unit oracle demo ## everything that CI runs

tools: ## what the tests need from Debian
	@./internal/need/tools.sh

vet:
	$(GO) vet ./...
	$(GO) vet -tags crashpoints ./daemon
	$(GO) build -tags commands -o /dev/null ./cmd/kioskd
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not gofmt'ed:"; echo "$$out"; exit 1; fi

staticcheck:
	$(GO) tool staticcheck ./...

# The race detector needs cgo; what is released is built without. The power cut
# opens thousands of ledgers one after the other: there the detector finds
# nothing and takes minutes.
unit: ## all tests, with the race detector
	CGO_ENABLED=1 $(GO) test -race -parallel 8 -timeout 20m $$($(GO) list ./... | grep -v internal/powercut)
	$(GO) test -timeout 20m ./internal/powercut

oracle: ## the official SDK and gopay against our simulator
	cd internal/oracle && $(GO) vet ./... && $(GO) test ./...

demo: build ## twenty scripted customers against the built binary
	./bin/kioskd demo --screen none --customers 20 --seed 1 --json

bench: build ## speed and memory, with peers in the same run
	CGO_ENABLED=0 $(GO) build -trimpath -tags commands -ldflags '$(LDFLAGS)' -o bin/package/bin/ ./cmd/kioskd
	install -D bin/kioskd bin/package/lib/kioskd/kioskd
	$(GO) run ./internal/bench $(ARGS)

# The long forms of the proofs; the short ones run in make test. Each prints
# what it is doing, then one line of figures. SEED=n chooses another run. What
# a proof needs and does not find is a failure here: disk and part of net need
# root, powercut needs strace.

SEED ?= 1

# $(call proof,PACKAGE,FLAGS) leaves out the lines about what went well.
proof = CI=true CGO_ENABLED=0 $(GO) test ./$(1) -count=1 -timeout 3h -v -seed $(SEED) $(2) | grep --line-buffered -v '^ *--- PASS\|^=== \|^PASS'

$(PROOFS): tools

sim: ## 100,000 seeded sales with crashes and faults, then 10,000 that heal (SALES=n HEALING=n)
	$(call proof,internal/sim,-sales $(or $(SALES),100000) -healing $(or $(HEALING),10000))

torture: ## 500 times SIGKILL while customers buy (KILLS=n)
	$(call proof,internal/torture,-kills $(or $(KILLS),500))

powercut: ## 30,000 images of a disk whose power was cut (IMAGES=n; needs strace)
	$(call proof,internal/powercut,-run PowerCut -images $(or $(IMAGES),30000))

corrupt: ## 1,600 damaged ledgers (CASES=n)
	$(call proof,internal/corrupttest,-cases $(or $(CASES),1600))

disk: ## full, read-only, failing and limited disks at each moment of a sale (ROUNDS=n; needs root)
	$(call proof,internal/disktest,-full -rounds $(or $(ROUNDS),1))

line: ## the serial line cut at every byte, and a board that misbehaves (CASE=name)
	$(call proof,internal/linetest,-full $(case))

net: ## every fault at each call in API v3 and v2, outages of 1 s to 24 h (CASE=name; part of it needs root)
	$(call proof,internal/nettest,-full $(case))

clock: ## wrong clocks at each stage of a sale (CASE=name)
	$(call proof,internal/clocktest,-full $(case))

forge: ## forged answers to each call in each mode of payment (CASE=name)
	$(call proof,internal/forgetest,-full $(case))

soak: ## 30 simulated days at 200 sales, then 20 real minutes (DAYS=n SALES=n MINUTES=n)
	$(call proof,internal/soak,-days $(or $(DAYS),30) -sales $(or $(SALES),200) -minutes $(or $(MINUTES),20))

case = $(if $(CASE),-case '$(CASE)')

fuzz: ## every fuzz target for FUZZTIME (10m)
	@set -e; for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
	    echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(or $(FUZZTIME),10m) -fuzzminimizetime 100x $$p; \
	  done; \
	done

clean:
	rm -rf bin dist
