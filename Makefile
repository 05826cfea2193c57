# Postlotse. `make` prints the targets; `make demo` and `make test` do all the set-up themselves.
PYTHON ?= python3
PORT ?= 8080
DEMO_ARGS ?=
SEED ?= 1
MAILS ?= 300
KILLS ?= 40
MINUTES ?= 2
CLERKS ?= 200
MAILS_A_SECOND ?= 50
JOBS ?= 2
ORDER ?= 1
FAILOVERS ?= 3
FIRST ?= 100
SEEDS ?= 20
SCALE ?= 0.05
SUITE ?= trixie
RUN ?= test
BIN := .venv/bin
MODEL := .venv/share/postlotse/model.postlotse
TESTS = $(BIN)/python -m pytest -n $(JOBS) --randomly-seed=$(ORDER)

.DEFAULT_GOAL := help
.PHONY: audit help install demo test coverage check format lint types imports house journey bench evaluate stress moments failover upgrade drill chaos foreign reference walk pictures axe client docs load monday debian system-packages lock clean

help: ## print the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

install: .venv/.installed $(MODEL) ## make .venv with the command .venv/bin/postlotse and a trained model

demo: install ## run the whole way on sample mails; PORT=8081 for another port, DEMO_ARGS=--reset to start over
	$(BIN)/postlotse demo --port $(PORT) $(DEMO_ARGS)

# JOBS processes share the tests. The order is the same everywhere; another ORDER= mixes them anew.
# The journeys run in processes of their own: the browser's driver keeps an event loop running.
test: .venv/.dev-installed $(MODEL) system-packages ## install what the tests need, then run check and all tests
	$(MAKE) --no-print-directory check
	$(TESTS) --dist worksteal --ignore=tests/journey --ignore=tests/house
	$(TESTS) --dist loadfile tests/journey

coverage: .venv/.dev-installed $(MODEL) system-packages ## which branches the tests of the rooms never take (half as long again as without)
	$(TESTS) --dist worksteal --ignore=tests/journey --cov --cov-report=term:skip-covered --cov-fail-under=90

check: .venv/.dev-installed format lint types imports house ## format, lint, types, import contracts, house tests

format: .venv/.dev-installed ## is the code formatted?
	$(BIN)/ruff format --check .

lint: .venv/.dev-installed ## ruff, wide rule set
	$(BIN)/ruff check .

types: .venv/.dev-installed ## mypy --strict over the rooms
	$(BIN)/mypy
	$(BIN)/mypy clients/postlotse_client.py clients/make_client.py

imports: .venv/.dev-installed ## the dependency rule between the rooms
	$(BIN)/lint-imports

house: .venv/.dev-installed ## tests about the house itself: docstrings, sizes, texts, docs
	$(BIN)/python -m pytest tests/house -p no:randomly

journey: .venv/.dev-installed $(MODEL) system-packages ## the whole way with real servers and a real browser
	$(TESTS) --dist loadfile tests/journey

bench: .venv/.dev-installed $(MODEL) ## measure the whole way and its parts, side by side in one run
	$(BIN)/python -m tests.bench.bench_backlog --postgresql
	$(BIN)/python -m tests.bench.bench_intake
	$(BIN)/python -m tests.bench.bench_sorters
	$(BIN)/python -m tests.bench.bench_door
	$(BIN)/python -m tests.bench.bench_parse
	$(BIN)/python -m tests.bench.bench_judge
	$(BIN)/python -m tests.bench.bench_desk
	$(BIN)/python -m tests.bench.bench_rights
	$(BIN)/python -m tests.bench.bench_next
	$(BIN)/python -m tests.bench.bench_ledger
	$(BIN)/python -m tests.bench.bench_exchange
	$(BIN)/python -m tests.bench.bench_dry_run
	$(BIN)/python -m tests.bench.bench_memory
	$(BIN)/python -m tests.bench.bench_sealed

stress: .venv/.dev-installed $(MODEL) system-packages ## kill workers, door and servers while mail arrives; SEED= MAILS= KILLS= MINUTES=
	$(BIN)/python -m tests.stress.stress_run --seed $(SEED) --mails $(MAILS) --kills $(KILLS) --minutes $(MINUTES) $(STRESS_ARGS)

moments: .venv/.dev-installed system-packages ## two deeds at one moment: all pairs in every interleaving, an hour; STATE= one of tests/triage/interleaved_states.py
	$(BIN)/python -m tests.triage.interleaved_states $(STATE)

failover: .venv/.dev-installed system-packages ## kill PostgreSQL's primary while mail comes in, promote the standby; MAILS= FAILOVERS=
	$(BIN)/python -m tests.stress.failover_run --mails $(MAILS) --rounds $(FAILOVERS)

chaos: .venv/.dev-installed ## all crash walks and SEEDS random seeds on the Exchange simulator; FIRST= the first seed
	$(BIN)/python -m tests.stress.stress_exchange --first $(FIRST) --seeds $(SEEDS)

foreign: .venv/.dev-installed $(MODEL) ## Cyrus and Courier under our driver (fetched, not installed); DavMail in front of the Exchange simulator (needs davmail-server)
	$(BIN)/python -m pytest --no-cov tests/foreign/foreign_contract.py tests/foreign/foreign_imap.py
	$(BIN)/python -m tests.foreign.foreign_davmail

upgrade: .venv/.dev-installed $(MODEL) system-packages ## roll this version out beside an older one while mail and clerks go on; UPGRADE_ARGS="--old REVISION"
	$(BIN)/python -m tests.stress.upgrade_run $(UPGRADE_ARGS)

drill: .venv/.dev-installed system-packages ## backup, disaster, restore, on SQLite and PostgreSQL; MAILS=
	$(BIN)/python -m tests.stress.drill_run --mails $(MAILS)

evaluate: .venv/.installed ## measure the judge by writers left out; the report goes to docs/evaluation (minutes)
	$(BIN)/postlotse evaluate corpus --report docs/evaluation

reference: .venv/.dev-installed ## write docs/settings.md and docs/api.md anew from the code
	$(BIN)/python docs/build.py reference

docs: .venv/.dev-installed ## all pages as HTML into var/site, offline
	$(BIN)/python docs/build.py site var/site

load: .venv/.dev-installed $(MODEL) system-packages ## CLERKS= at work and MAILS_A_SECOND= by the door for MINUTES=; figures and plot go into docs
	$(BIN)/python -m tests.load.load_run --minutes $(MINUTES) --clerks $(CLERKS) --mails-a-second $(MAILS_A_SECOND) --into docs $(LOAD_ARGS)

debian: ## the tests on another Debian in a chroot; SUITE= its name, RUN= another target (root, debootstrap)
	sh tests/supply/on_debian.sh $(SUITE) $(RUN)

audit: .venv/.dev-installed ## licences and, where pip-audit and a network are there, known weaknesses of all packages; AUDIT_ARGS=--strict
	$(BIN)/python -m tests.supply.audit_run $(AUDIT_ARGS)

monday: .venv/.dev-installed $(MODEL) system-packages ## one Monday of all Germany, SCALE= of it; the plot goes to docs/monday.svg
	$(BIN)/python -m tests.load.monday_run --scale $(SCALE) $(MONDAY_ARGS)

system-packages: ## Debian packages of the tests: PostgreSQL, Dovecot, OpenLDAP, Postfix, swaks, Chromium
	sh tests/servers/system_packages.sh

walk: .venv/.dev-installed $(MODEL) system-packages ## take the pictures of docs/walk.md anew
	$(BIN)/python -m tests.journey.walk

pictures: .venv/.dev-installed system-packages ## each page in each state, light and dark, into var/pictures; STATE= the beginning of their names
	$(BIN)/python -m tests.journey.pictures $(STATE)

axe: .venv/.dev-installed system-packages ## write the table of docs/accessibility.md anew
	$(BIN)/python -m tests.journey.axe_report

client: .venv/.dev-installed ## write clients/postlotse_client.py anew from the OpenAPI
	$(BIN)/python -m clients.make_client

lock: ## renew the lock files (needs uv on the path)
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove everything that is made
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Debian without python3-venv has no ensurepip; then pip is put in from outside.
.venv/bin/python:
	$(PYTHON) -m venv .venv >/dev/null 2>&1 || { rm -rf .venv && $(PYTHON) -m venv --without-pip .venv && $(PYTHON) -m pip --python .venv/bin/python install -q pip; }

# --no-deps: the locks are whole. With it off, pip asks for coverage[toml] by itself and takes the newest one
# that there is, which no hash allows. `pip check` says if a lock is not whole.
.venv/.installed: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev-installed: requirements-dev.lock .venv/.installed
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip check -q --disable-pip-version-check
	@touch $@

$(MODEL): .venv/.installed $(wildcard corpus/*.jsonl classify/*.py classify/*/*.py classify/*.toml)
	$(BIN)/postlotse train corpus --out $@
