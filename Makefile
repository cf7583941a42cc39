# Everything runs from .venv, made by `make setup` with Python 3.11 (or newer) alone. `make help` lists the targets.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN    := .venv/bin
STAMP  := .venv/.setup
ASSETS := $(wildcard frontend/src/* frontend/src/*/* frontend/public/*) frontend/package.json frontend/package-lock.json

.DEFAULT_GOAL := help
.PHONY: help setup demo pictures test test-long test-faults bench lint format lock provision clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## make .venv with huiyin and all tools (repeats only what changed)

$(STAMP): pyproject.toml requirements.lock hatch_build.py $(ASSETS)
	@"$(PYTHON)" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Huiyin needs Python 3.11 or newer with venv (Debian: apt-get install python3 python3-venv). Set PYTHON=…"; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## play one suggestion, then a year, then serve the web (ONCE=1: one suggestion only)
	$(BIN)/huiyin demo $(if $(ONCE),--once)

pictures: provision ## play the demo year and take a picture of every page into docs/pictures
	$(BIN)/python -m tests.pictures

test: lint provision ## everything: lint, types, and the suite on real RabbitMQ, PostgreSQL and Chromium
	$(BIN)/pytest -n 2 --no-loadscope-reorder --durations=20

test-long: provision ## long random runs
	$(BIN)/pytest -m long --timeout=3600

bench: provision ## how fast it is, side by side with what it is compared with: a table, and build/bench.json
	$(BIN)/python -m tests.bench

test-faults: provision ## kill -9 and loss of the broker
	$(BIN)/pytest -m faults --timeout=900

lint: setup ## ruff (rules and format) and mypy --strict
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup ## let ruff rewrite the sources
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

provision: setup ## find or install RabbitMQ, PostgreSQL, Chromium and Chinese fonts for the tests
	$(BIN)/python -m services.common.testing

lock: setup ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --quiet -c requirements.lock --output-file deploy/offline/requirements.txt

clean: ## remove everything that is built, .venv included
	rm -rf .venv build dist services/common/static/dist frontend/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
