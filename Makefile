# Everything a contributor types. A fresh machine needs Python 3.11, 3.12 or 3.13, make and git.
# Each target does its own set-up: `make demo` and `make test` work straight after the clone.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.seawall-dev
PIP_INSTALL = -m pip --disable-pip-version-check install -qq

.DEFAULT_GOAL := help
.PHONY: help dev test property journeys thorough corpora differential fuzz kills test-cluster lint types format \
        demo bench wheel wheel-check kubectl e2e e2e-env sam-validate lock pr clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile

dev: $(STAMP) ## create .venv with every tool, seawall on its path

# The stamp is written last: an interrupted installation is repeated, a finished one costs nothing.
$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "Seawall needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is %d.%d. Name another one: make PYTHON=python3.13 dev" % v)'
	@echo "installing into $(VENV) from requirements/dev.txt (once; about a minute)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# The tests that need kubectl skip, and say so, where it is not to be had.
# A file is one worker's: what it starts (a fleet, a stack) is started once.
test: dev ## every test, property tests included
	@$(MAKE) -s kubectl || echo "!! no kubectl: the tests that use it as a judge will be skipped" >&2
	$(BIN)/python -m pytest -n auto --dist loadfile

property: dev ## the laws only
	$(BIN)/python -m pytest tests/property

journeys: dev ## the command line as a person would use it
	$(BIN)/python -m pytest tests/journeys

thorough: dev ## the laws with many more examples; takes minutes
	SEAWALL_HYPOTHESIS=thorough $(BIN)/python -m pytest tests/property

corpora: dev ## the published and hand-made cases, with a count for each suite
	$(BIN)/python -m pytest -q -s tests/corpora

# N verdicts are asked for; the same SEED draws the same clusters. What is wrong is kept as a case.
N ?= 200000
SEED ?= 1
differential: dev ## random clusters, judged twice: N=200000 SEED=1
	$(BIN)/python -m tests.differential.run $(N) $(SEED)

# One input alone: make fuzz N=1 SEED=... FIRST=its number.
fuzz: dev ## every reader and the analysis on damaged and made-up policies: [N=200000] [SEED=1] [FIRST=0]
	$(BIN)/python -m tests.fuzz.run $(or $(N),200000) $(or $(SEED),1) $(or $(FIRST),0)

kills: dev ## kill -9 runs of a fleet at random moments, 60 times; minutes
	SEAWALL_KILLS=60 $(BIN)/python -m pytest -q -s tests/journeys/test_killing.py

# CONTEXT names a context of KUBECONFIG (else ~/.kube/config); without it a demo server is taken.
test-cluster: dev ## one journey on a real cluster, in a throw-away namespace: CONTEXT=... [KUBECONFIG=...]
	SEAWALL_TEST_CONTEXT="$(CONTEXT)" SEAWALL_TEST_KUBECONFIG="$(KUBECONFIG)" \
	    $(BIN)/python -m pytest -q -s tests/cluster

lint: dev ## ruff, mypy, the order of the rooms
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@if [ -f template.yaml ]; then $(BIN)/cfn-lint template.yaml infra/member-role.yaml infra/person.yaml; fi

types: dev ## mypy alone
	$(BIN)/mypy

format: dev ## let ruff repair what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

demo: dev ## a fleet in a box: read, judged, remembered, mended, reported
	@$(BIN)/seawall demo

bench: dev ## the benchmarks; docs/performance.md keeps the results
	$(BIN)/python bench/run.py

wheel: dev ## build the wheel into dist/
	@rm -rf dist
	$(BIN)/python -m hatchling build -t wheel

wheel-check: wheel ## install the wheel into an empty environment and run it
	@rm -rf .venv-wheel
	@$(BIN)/python -m venv .venv-wheel
	@.venv-wheel/bin/python $(PIP_INSTALL) --require-hashes -r requirements/core.txt
	@.venv-wheel/bin/python $(PIP_INSTALL) --no-deps dist/*.whl
	.venv-wheel/bin/seawall --version
	.venv-wheel/bin/seawall scan tests/house/tiny || [ $$? -eq 2 ] # 2: it ran and found something

kubectl: dev ## fetch kubectl (37 MB, Linux x86-64), an independent judge of the demo servers
	@$(BIN)/python tests/contract/kube/fetch_kubectl.py

# The stack on this machine: the SAM CLI builds and deploys template.yaml, ministack stands in for AWS.
# Each has an environment of its own: what they pin is no business of ours. ministack runs the
# functions in its own interpreter: E2E_PYTHON=python3.13 chooses another one than Seawall's.
E2E_PYTHON ?= $(PYTHON)

e2e: e2e-env ## the whole stack on this machine: built, deployed, run, broken; minutes
	SEAWALL_E2E=1 $(BIN)/python -m pytest -q -s tests/e2e

e2e-env: dev .venv-ministack/.stamp .venv-sam/.stamp ## create the environments of the SAM CLI and of ministack

# --no-deps: the lock is the whole, and pip 23 looks for boto3[crt] beside the boto3 that is pinned.
.venv-ministack/.stamp .venv-sam/.stamp: .venv-%/.stamp: requirements/%.txt
	@echo "installing into .venv-$* from requirements/$*.txt (once; about a minute)" >&2
	@$(E2E_PYTHON) -m venv --clear .venv-$*
	@.venv-$*/bin/python $(PIP_INSTALL) --no-deps --require-hashes -r requirements/$*.txt
	@touch $@

sam-validate: .venv-sam/.stamp ## let the SAM CLI check template.yaml
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .venv-sam/bin/sam validate --lint

# A week's cool-down: most poisoned releases are found and withdrawn within days. EARLY lets an urgent
# fix in by name; its reason is in docs/decisions/0002-locks.md, and its line goes after that week.
# Pins stay as they are unless LOCK_FLAGS=--upgrade is given.
EARLY = --exclude-newer-package pyyaml=2026-11-24
LOCK = .venv-lock/bin/uv pip compile -q --no-config --universal --python-version 3.11 \
       --generate-hashes --exclude-newer "1 week" $(EARLY) --custom-compile-command "make lock" \
       $(LOCK_FLAGS)
lock: .venv-lock/.stamp ## compile requirements/*.txt again (LOCK_FLAGS=--upgrade renews the pins)
	$(LOCK) --extra dev pyproject.toml -o requirements/dev.txt
	$(LOCK) -c requirements/dev.txt pyproject.toml -o requirements/core.txt
	for layer in base google azure; do $(LOCK) -c requirements/dev.txt requirements/layer-$$layer.in \
	    -o requirements/layer-$$layer.txt || exit 1; done
	$(LOCK) requirements/lock.in -o requirements/lock.txt
	$(LOCK) requirements/ministack.in -o requirements/ministack.txt
	$(LOCK) requirements/sam.in -o requirements/sam.txt

.venv-lock/.stamp: requirements/lock.txt
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python $(PIP_INSTALL) --require-hashes -r requirements/lock.txt
	@touch $@

pr: lint test ## what a change must pass

clean: ## remove every environment, cache and build
	rm -rf .venv .venv-* .aws-sam dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find shared functions tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
