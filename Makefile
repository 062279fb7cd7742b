SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: help setup demo test check bench cluster cluster-down lock fmt clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(STAMP) ## create .venv from requirements.lock

$(STAMP): requirements.lock pyproject.toml libs/sdk/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pawl needs Python 3.11 or newer: make setup PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e libs/sdk -e .
	@touch $(STAMP)

demo: setup ## run the whole improvement loop on the procurement example
	$(BIN)/pawl demo

test: setup ## run every test
	$(BIN)/python -m pytest -n 3 --dist loadfile --ignore tests/faults --ignore tests/simulation
	$(BIN)/python -m pytest tests/faults tests/simulation

check: setup ## format, lint, types, import rules, tidiness
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/tidy

cluster: setup ## run Kafka, PostgreSQL, Redis and each service as its own process
	$(BIN)/pawl cluster up

cluster-down: setup ## end the processes of `make cluster`
	$(BIN)/pawl cluster down

fmt: setup ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## resolve dependencies anew into requirements.lock
	$(BIN)/uv pip compile pyproject.toml libs/sdk/pyproject.toml --all-extras --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-emit-package pawl-sdk --no-header \
	  --python-version 3.11 --universal --quiet --upgrade -o requirements.lock

clean: ## remove the environment and caches, keep data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

bench: setup ## measure every promised figure, beside rivals (benchmarks/results)
	$(BIN)/python -m benchmarks
