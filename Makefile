# Loyalty Desk. `make` alone lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

# Airflow starts twice as slowly when Python may not keep its byte-code.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-dev setup-cluster demo up cluster test test-alone test-fast test-lowest package-test pictures cluster-test chaos soak mutants lint bench lock wheel clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  PYTHON=python3.12 chooses the interpreter for the first set-up (3.11 to 3.13)."

setup: ## Install what the programs need into .venv (done by the other targets too)
	@scripts/setup.sh run

setup-dev: ## Install the tools for tests and style as well
	@scripts/setup.sh dev

demo: setup ## Run the whole sync twice against the local sandbox (STORES=3: as many platforms side by side)
	@$(BIN)/python -m scripts.demo $(if $(STORES),--stores $(STORES)) $(ARGS)

up: setup ## Start the sandbox and Airflow on this machine and keep them until Ctrl-C
	@$(BIN)/python -m scripts.up $(ARGS)

setup-cluster: ## Install what production has besides: Flask-AppBuilder's log-in, and Redis
	@scripts/setup.sh cluster

cluster: setup-cluster ## Run what docker-compose.yaml starts without Docker, with several stores, until Ctrl-C
	@$(BIN)/python -m cluster $(ARGS)

test: setup-dev ## Run all tests (ARGS="-k name" narrows them)
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@$(BIN)/python -m pytest --quiet --durations 20 --numprocesses 4 --dist worksteal -m "not alone and not cluster and not soak"
	@$(MAKE) --no-print-directory test-alone
endif

test-alone: setup-dev ## Run the tests that bear no others beside them
	@$(BIN)/python -m pytest --quiet --durations 20 -m "alone and not cluster and not soak"

test-fast: setup-dev ## Run the quick tests: rules, SQL on SQLite, import of the DAGs (about a minute)
	@$(BIN)/python -m pytest --quiet --numprocesses 2 --dist worksteal -k "not postgresql" tests/unit tests/sql tests/dags

test-lowest: ## Run the quick tests from the wheel, on the lowest versions that it allows (5 to 10 minutes)
	@$${PYTHON:-python3} -m tests.package.lowest $(ARGS)

package-test: ## Install the wheel into an Airflow as a managed service has it, and run a sync there
	@$${PYTHON:-python3} -m tests.package.own_airflow

pictures: setup-dev ## Take the pictures of README and docs anew (ARGS="--only overview goodwill" takes some)
	@$(BIN)/python -m tests.pictures $(ARGS)

cluster-test: setup-cluster ## Kill parts of the cluster at random and see that nothing is lost (CLUSTER_ROUNDS=20)
	@$(BIN)/python -m pytest --quiet --durations 20 -m cluster $(ARGS)

chaos: setup-dev ## Try awards under 20,000 simulated schedules of faults, and kill processes (about 10 minutes)
	@CHAOS_SIMULATED=$${CHAOS_SIMULATED:-20000} CHAOS_EXAMPLES=$${CHAOS_EXAMPLES:-500} CHAOS_INCIDENT=$${CHAOS_INCIDENT:-1000} \
		$(BIN)/python -m pytest --quiet --durations 5 --numprocesses 2 --dist worksteal tests/chaos

soak: setup-dev ## Run everything at once on three stores, then hold it against an oracle (SOAK_MINUTES=20, SOAK_SEED)
	@$(BIN)/python -m pytest --quiet --capture=no -m soak $(ARGS)

mutants: setup-dev ## Put small faults into copies of the code and see that tests fail (AREA=match takes one area)
	@$(BIN)/python -m scripts.mutants $(if $(AREA),--area $(AREA)) $(ARGS)

lint: setup-dev ## Check style, layers and types; changes nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@PYTHONPATH=plugins $(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/mypy --strict $(foreach d,plugins sandbox scripts cluster,$(if $(shell find $(d) -name '*.py' -print -quit 2>/dev/null),$(d)))
	@if [ -n "$$(find include/sql -name '*.sql' -print -quit 2>/dev/null)" ]; then \
		$(BIN)/sqlfluff lint --disable-progress-bar include/sql; \
	fi

bench: setup-cluster ## Measure (ONLY=name runs one benchmark)
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(ARGS)

lock: setup-dev ## Write requirements*.txt anew from requirements*.in (UPGRADE=1 takes newer versions)
	@for name in requirements requirements-dev requirements-production; do \
		$(LOCK) $(if $(UPGRADE),--upgrade) $$name.in -o $$name.txt && echo "$$name.txt is written"; \
	done

wheel: setup-dev ## Build the package as one file into dist/
	@$(BIN)/uv build --quiet --wheel --out-dir dist . && ls dist/*.whl

clean: ## Remove .venv, var and every cache
	@rm -rf $(VENV) var dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
