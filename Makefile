# Everything that is done with this repository. `make` alone says what there is.
# Assumed: Python 3.11+, and for the web page Node 20+ with npm. All else is installed below .venv and web/node_modules.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
WORKERS ?= 3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/python tools/run_uv.py
LOCK := $(UV) pip compile --quiet --generate-hashes --universal --no-header --python-version 3.11
SOURCES := $(wildcard src tests tools bench examples)

PAGE := src/atrium/plugins/gateway/static/index.html
NODE := $(shell node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
HAVE_WEB := $(shell test -f web/package.json && test $(NODE) -ge 20 && command -v npm >/dev/null 2>&1 && echo yes)
WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

# ---- Use it

.PHONY: help
help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: setup web ## Install all, fetch the default model once, start the hub and print the login link
	@$(BIN)/atrium models pull default --if-missing || echo "warning: the default model was not fetched; 'atrium models pull default' tries again"
	@exec $(BIN)/atrium up --print-login

# ---- Set it up

.PHONY: setup
setup: $(VENV)/.project ## Create .venv with everything in it, at the locked versions
	@$(BIN)/python -m compileall -q src # so that no start compiles, also not where PYTHONDONTWRITEBYTECODE is set

$(VENV)/.bootstrap: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Atrium needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": say which to use with  make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { echo "error: $(PYTHON) cannot create an environment; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.bootstrap requirements/dev.txt
	@echo "Installing the locked dependencies"
	@$(UV) pip install --quiet --compile-bytecode --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.project: $(VENV)/.installed pyproject.toml
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: web
ifeq ($(HAVE_WEB),yes)
web: $(PAGE) ## Build the web page into the gateway plugin

# A lock that was made where a registry lacks the binaries of other systems is refused by `npm ci`; `npm install --no-save`
# takes the same versions from it, and adds only the binary of this system.
web/node_modules/.installed: $(wildcard web/package-lock.json web/package.json web/app/package.json web/packages/*/package.json)
	@echo "Installing what the web page is built with"
	@cd web && { npm ci --silent --no-audit --no-fund 2>/dev/null || npm install --no-save --no-audit --no-fund --loglevel error; }
	@touch $@

$(PAGE): web/node_modules/.installed $(WEB_SOURCES)
	@echo "Building the web page"
	@cd web && npm run --silent build
	@test -f $@ || { echo "error: the build of web/ did not write $@" >&2; exit 1; }
	@touch $@
else
web:
	@echo "The web page is not built: it needs Node 20 or newer with npm (found: $(if $(filter-out 0,$(NODE)),Node $(NODE),no Node)). The hub runs without it."
endif

.PHONY: browser tracer proxies
browser:
	@tools/install_chromium.sh
tracer:
	@tools/install_strace.sh
proxies:
	@tools/install_proxies.sh

# ---- Hold it to its word

SHORT := not faults and not storm and not journey and not agents
SIDE_BY_SIDE := -n $(WORKERS) --dist worksteal
# These cover the packages that have a floor; the others run without coverage, which costs half as much again.
COVERING := kernel sync sessions gateway storage conformance approvals usage providers

.PHONY: test
test: setup web browser tracer proxies ## Run the tests of hub and page, and check the coverage; ARGS="tests/kernel -x" runs some
ifneq ($(ARGS),)
	@$(BIN)/pytest -m "$(SHORT)" $(SIDE_BY_SIDE) $(ARGS)
else
	@rm -rf build/coverage* && mkdir -p build
	@$(BIN)/coverage run -m pytest -m "$(SHORT)" $(SIDE_BY_SIDE) $(addprefix tests/,$(COVERING))
	@$(BIN)/coverage combine --quiet && $(BIN)/coverage json --quiet && $(BIN)/python tools/check_coverage.py build/coverage.json
	@$(BIN)/pytest -m "$(SHORT)" $(SIDE_BY_SIDE) $(addprefix --ignore=tests/,$(COVERING))
ifeq ($(HAVE_WEB),yes)
	@cd web && npm run --silent test
endif
endif

.PHONY: test-faults
test-faults: setup tracer proxies ## Run the long fault injection
	@if grep -rqs 'mark\.faults' tests; then $(BIN)/pytest -m faults $(SIDE_BY_SIDE) $(ARGS); else echo "There is no fault test yet."; fi

.PHONY: test-journeys
test-journeys: setup web browser ## Go long ways through the page in a browser, and look at it with axe
	@$(BIN)/pytest -m journey $(SIDE_BY_SIDE) $(ARGS)

.PHONY: test-agents
test-agents: setup proxies ## Drive the real coding agents against stand-ins of their vendors, without a network
	@tools/test_agents.sh $(BIN) $(SIDE_BY_SIDE) $(ARGS)

.PHONY: test-storm
test-storm: setup ## Run thousands of clients and long random walks over bad networks
	@$(BIN)/pytest -m storm $(ARGS)

CHECKS := check-format check-lint check-types check-imports check-sizes check-addresses check-contracts check-reference $(if $(HAVE_WEB),check-web)

.PHONY: check $(CHECKS)
check: setup $(if $(HAVE_WEB),web/node_modules/.installed) ## Check format, lint, types, imports, contracts, reference, sizes and addresses
	@$(MAKE) --no-print-directory --keep-going $(CHECKS)

check-format:
	@$(BIN)/ruff format --check $(SOURCES)

check-lint:
	@$(BIN)/ruff check $(SOURCES)

check-types:
	@$(BIN)/mypy $(foreach folder,$(SOURCES),$(if $(shell find $(folder) -name '*.py' -print -quit),$(folder)))

check-imports:
	@$(BIN)/lint-imports --no-logo

check-sizes:
	@$(BIN)/python tools/check_size.py $(SOURCES) web

check-addresses:
	@$(BIN)/python tools/check_addresses.py

check-contracts:
	@if [ -f src/atrium/app/export_contracts.py ]; then $(BIN)/python -m atrium.app.export_contracts --check; fi

check-reference:
	@$(BIN)/python tools/reference.py --check

check-web:
	@cd web && npm run --silent check

.PHONY: bench
bench: setup web ## Measure, beside references that run on the same machine
	@$(BIN)/python -m bench.run $(ARGS)

.PHONY: bench-fanout
bench-fanout: setup ## Measure one publisher and many clients, beside other servers
	@$(BIN)/python -m bench.fanout.run $(ARGS)

.PHONY: bench-agents
bench-agents: setup ## Measure what the hub adds to agents and models, beside another server
	@$(BIN)/python -m bench.agents.run $(ARGS)

.PHONY: soak
soak: setup ## Hold a hub under mixed load for 20 minutes and fail if something grows; ARGS="--minutes 5"
	@$(BIN)/python -m bench.soak $(ARGS)

.PHONY: soak-agents
soak-agents: setup ## Hold five agents for 10 minutes, kill one, and fail if something is left or grows; ARGS="--minutes 1"
	@$(BIN)/python -m bench.agents_soak $(ARGS)

.PHONY: reference
reference: setup ## Write the reference pages from the code
	@$(BIN)/python tools/reference.py

.PHONY: docs
docs: setup ## Build the documentation into build/docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet && echo "build/docs/index.html"

# ---- Change it

.PHONY: format
format: setup ## Format the code and mend what can be mended
	@$(BIN)/ruff format $(SOURCES)
	@$(BIN)/ruff check --fix $(SOURCES)
ifeq ($(HAVE_WEB),yes)
	@cd web && npm run format --if-present
endif

.PHONY: lock
lock: $(VENV)/.bootstrap ## Lock the dependencies again; make lock ARGS=--upgrade takes newer versions
	@$(LOCK) $(ARGS) requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(LOCK) $(ARGS) pyproject.toml --extra local --extra model --extra tui -o requirements/runtime.txt
	@$(LOCK) $(ARGS) pyproject.toml --extra local --extra model --extra tui requirements/dev.in -c requirements/runtime.txt -c requirements/bootstrap.txt -o requirements/dev.txt

.PHONY: clean
clean: ## Remove all that was installed or built here; a home is never touched
	@rm -rf $(VENV) build dist web/node_modules web/*/dist web/packages/*/dist src/atrium/plugins/gateway/static
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
