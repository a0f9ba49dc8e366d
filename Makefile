# Each job does its own set-up: a virtual environment with exactly what requirements.lock says.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PEERS  := $(VENV)/.peers
AUDIT  := $(VENV)/audit

# Whatever the shell says: without bytecode every worker of the tests rewrites each assertion anew, 12 s of CPU each.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo quick test long faults check peers bench audit sbom lock clean
.DEFAULT_GOAL := help

help:  ## what there is to run
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lecture-ferry needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

$(PEERS): $(READY) requirements-bench.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	touch $(PEERS)

# Apart from all else, as nothing of it is needed to run or to test.
$(AUDIT)/.ready: requirements-audit.lock
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.lock
	touch $(AUDIT)/.ready

demo: $(READY)  ## move a world of lectures and bookings between sandboxes of Opencast, Panopto, LumiNUS and VALT
	$(BIN)/ferry demo

check: $(READY)  ## lint, security, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive engine pipelines
	$(BIN)/mypy
	$(BIN)/lint-imports

# Scenarios wait more than they compute, so there are two workers a core.
WORKERS := -n 4 --dist worksteal

quick: check  ## check, and every test of at most 20 s (2 minutes)
	$(BIN)/pytest -q $(WORKERS) -m "not slow and not long"

test: check  ## quick, and the slow scenarios of at most 120 s each (25 minutes)
	$(BIN)/pytest -q $(WORKERS) -m "not long"

long: $(READY)  ## the long forms of the scenarios, by hand
	$(BIN)/pytest -q -m long

SCORE    := docs/reliability.jsonl
CAMPAIGN := PYTHONPATH=tests $(BIN)/python -m campaign

# What fails stands on the page; so the campaign goes on to its end.
faults: $(PEERS)  ## every fault in its long form, and docs/reliability.md (about two hours, by hand)
	rm -f $(SCORE)
	-$(BIN)/pytest -q $(WORKERS) -m fault --score $(SCORE)
	-$(CAMPAIGN).at_random --items 10000 --out $(SCORE)
	-$(CAMPAIGN).soak --items 50000 --out $(SCORE)
	-$(CAMPAIGN).shared --turns 5 --out $(SCORE)
	$(CAMPAIGN).page $(SCORE) docs/reliability.md --of "$$(git describe --always --dirty)"

peers: $(PEERS)  ## install the tools that bench compares with; nginx is the system's (Debian: nginx-light)

bench: $(PEERS)  ## measure the engine beside them for at most 60 minutes; go on with the last call's raw file
	$(BIN)/python -m benchmarks --minutes 60

audit: $(AUDIT)/.ready  ## look the locked packages up among known vulnerabilities (needs a network)
	for lock in requirements*.lock; do $(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip -r $$lock || exit 1; done

sbom: $(AUDIT)/.ready  ## list every locked package for whoever has to know (CycloneDX, sbom.json)
	$(AUDIT)/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON -o sbom.json requirements.lock

LOCKING := uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --quiet

lock: $(READY)  ## compile the lock files anew (needs uv); they carry hashes and no index
	$(LOCKING) pyproject.toml --group dev -o requirements.lock
	$(LOCKING) --group bench --constraint requirements.lock -o requirements-bench.lock
	$(LOCKING) --group audit --constraint requirements.lock -o requirements-audit.lock

clean:  ## remove what the jobs above made
	rm -rf $(VENV) demo build dist sbom.json .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
