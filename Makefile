# `make demo` and `make test` are all that a fresh clone needs; each makes its own environment first.

PYTHON ?= python3
VENV := .venv
MELTANO_VENV := .venv-meltano
TARGETS_VENV := .venv-targets
AIRFLOW_VENV := .venv-airflow
DAGSTER_VENV := .venv-dagster
DBT_VENV := .venv-dbt
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test stress warehouses orchestrators examples lint types docs dist refresh bench bench-short clean

help:
	@echo "make demo          copy a made-up Jobber account to files and tables, through Meltano, and show what they tell"
	@echo "make test          run all tests but those of make stress, make warehouses and make orchestrators"
	@echo "make stress        run the tests that take minutes, and those that try many cases with many more"
	@echo "make warehouses    load a made-up account into DuckDB, PostgreSQL and JSON Lines, and look at what they hold"
	@echo "make orchestrators load made-up accounts day after day on a real Airflow and Dagster"
	@echo "make examples      check the examples for Airflow and Dagster without running either"
	@echo "make lint          check style"
	@echo "make types         check types"
	@echo "make docs          build the site of the documentation, in site/"
	@echo "make refresh       write down anew what is generated from the declared streams and settings"
	@echo "make bench         measure speed, cost and memory"
	@echo "make bench-short   show that the benchmarks run"
	@echo "make clean         remove what the others made"

demo: $(VENV)/.installed $(MELTANO_VENV)/.installed
	@exec $(VENV)/bin/jobber-sandbox exec --speed 100 -- \
		$(VENV)/bin/python scripts/demo.py $(MELTANO_VENV)/bin/meltano

# Tests are rewritten before they are compiled, which is kept for all processes and for the next time.
test stress: export PYTHONDONTWRITEBYTECODE :=
stress: export TAP_JOBBER_TEST_STRESS := 1
stress: TESTS = $$(grep -lrE --include 'test_*.py' 'tests.effort import|mark.stress' tests sandbox/tests)
test stress: $(VENV)/.installed-dev
	@exec $(VENV)/bin/python -m pytest --numprocesses auto --dist worksteal $(TESTS)

warehouses: $(VENV)/.installed-dev $(TARGETS_VENV)/.installed $(MELTANO_VENV)/.installed $(DBT_VENV)/.installed
	@WAREHOUSE_TARGETS=$(abspath $(TARGETS_VENV)) WAREHOUSE_MELTANO=$(abspath $(MELTANO_VENV)/bin/meltano) \
		WAREHOUSE_DBT=$(abspath $(DBT_VENV)/bin) \
		exec $(VENV)/bin/python -m pytest tests/warehouse

# Both engines at once, since each waits a good part of its time.
orchestrators: $(VENV)/.installed-dev $(TARGETS_VENV)/.installed $(AIRFLOW_VENV)/.installed $(DAGSTER_VENV)/.installed
	@export WAREHOUSE_TARGETS=$(abspath $(TARGETS_VENV)) AIRFLOW_BIN=$(abspath $(AIRFLOW_VENV)/bin) \
		DAGSTER_BIN=$(abspath $(DAGSTER_VENV)/bin); \
	$(VENV)/bin/python -m pytest tests/orchestrators/test_dagster_engine.py & dagster=$$!; \
	$(VENV)/bin/python -m pytest tests/orchestrators/test_airflow_engine.py; status=$$?; \
	wait $$dagster && exit $$status

examples: $(VENV)/.installed-dev $(TARGETS_VENV)/.installed $(AIRFLOW_VENV)/.installed $(DAGSTER_VENV)/.installed
	@WAREHOUSE_TARGETS=$(abspath $(TARGETS_VENV)) AIRFLOW_BIN=$(abspath $(AIRFLOW_VENV)/bin) \
		$(VENV)/bin/python -m pytest tests/orchestrators --ignore-glob '*_engine.py'
	@MYPYPATH=orchestrate/dagster $(VENV)/bin/mypy --python-executable $(DAGSTER_VENV)/bin/python orchestrate/dagster/jobber_fleet
	@$(VENV)/bin/mypy --python-executable $(AIRFLOW_VENV)/bin/python orchestrate/airflow/dags/jobber.py
	@cd orchestrate/dagster && $(abspath $(DAGSTER_VENV)/bin/python) -m pytest --quiet tests

# Of the models that `make refresh` writes, and looks at, some of each kind.
LINTED_SQL := transform/macros transform/tests transform/models/marts transform/models/staging/jobber_time_zones.sql \
	$(wildcard transform/models/staging/*_invoice*.sql)

lint: $(VENV)/.installed-dev
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports --no-logo --no-cache
	@$(VENV)/bin/python scripts/docstring_rules.py tap_jobber tests sandbox scripts benchmarks orchestrate
	@$(VENV)/bin/towncrier build --draft --version next >/dev/null
	@$(VENV)/bin/sqlfluff lint --quiet --disable-progress-bar $(LINTED_SQL)
	@$(VENV)/bin/typos
	@$(VENV)/bin/zizmor --quiet --offline .github

docs: $(VENV)/.installed-dev
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --quiet --strict

# RELEASE is the tag: v0.1.0 builds the tap, sandbox-v0.1.0 the sandbox. It has to name the version that is built.
dist: $(VENV)/.installed-dev
	@$(VENV)/bin/python scripts/build_release.py $(RELEASE)

types: $(VENV)/.installed-dev
	@$(VENV)/bin/mypy

refresh: $(VENV)/.installed-dev
	@REFRESH_SNAPSHOTS=1 $(VENV)/bin/python -m pytest --quiet -k test_catalog_is_as_it_was tests/e2e/test_offline.py
	@$(VENV)/bin/python scripts/stream_docs.py
	@$(VENV)/bin/python scripts/meltano_definitions.py
	@$(VENV)/bin/python scripts/transform_models.py
	@$(VENV)/bin/sqlfluff lint --quiet --disable-progress-bar transform/models/staging

bench: $(VENV)/.installed-dev $(DBT_VENV)/.installed
	@exec $(VENV)/bin/python -m benchmarks

bench-short: $(VENV)/.installed-dev
	@exec $(VENV)/bin/python -m benchmarks --short

clean:
	rm -rf site dist $(VENV) $(MELTANO_VENV) $(TARGETS_VENV) $(AIRFLOW_VENV) $(DAGSTER_VENV) $(DBT_VENV) .meltano .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=...")'
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml sandbox/pyproject.toml constraints.txt
	@echo "Installing tap-jobber, its connect page and its sandbox ..."
	@$(VENV)/bin/python $(PIP_INSTALL) --editable '.[connect]' --editable ./sandbox
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing the test tools ..."
	@$(VENV)/bin/python $(PIP_INSTALL) --editable '.[connect,dev]' --editable ./sandbox
	@touch $@

$(MELTANO_VENV)/.installed: constraints.txt
	@echo "Installing Meltano ..."
	@$(PYTHON) -m venv $(MELTANO_VENV)
	@$(MELTANO_VENV)/bin/python $(PIP_INSTALL) meltano
	@touch $@

# Each in an environment of its own, as Meltano makes them: what they need does not go together.
$(TARGETS_VENV)/.installed: constraints.txt constraints-targets.txt constraints-jsonl.txt
	@echo "Installing targets ..."
	@for name in duckdb postgres jsonl; do $(PYTHON) -m venv $(TARGETS_VENV)/$$name || exit; done
	@$(TARGETS_VENV)/duckdb/bin/python $(PIP_INSTALL) --constraint constraints-targets.txt target-duckdb
	@$(TARGETS_VENV)/postgres/bin/python $(PIP_INSTALL) --constraint constraints-targets.txt meltanolabs-target-postgres
	@$(TARGETS_VENV)/jsonl/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints-jsonl.txt target-jsonl
	@touch $@

$(DBT_VENV)/.installed: transform/requirements.txt transform/constraints.txt transform/overrides.txt
	@echo "Installing dbt ..."
	@$(PYTHON) -m venv $(DBT_VENV)
	@$(DBT_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint transform/constraints.txt --requirement transform/requirements.txt
	@$(DBT_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --requirement transform/overrides.txt
	@touch $@

$(AIRFLOW_VENV)/.installed: orchestrate/airflow/requirements.txt orchestrate/airflow/constraints.txt
	@echo "Installing Airflow ..."
	@$(PYTHON) -m venv $(AIRFLOW_VENV)
	@$(AIRFLOW_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint orchestrate/airflow/constraints.txt --requirement orchestrate/airflow/requirements.txt
	@touch $@

# With what the tests of the code location need.
$(DAGSTER_VENV)/.installed: orchestrate/dagster/requirements.txt orchestrate/dagster/constraints.txt
	@echo "Installing Dagster ..."
	@$(PYTHON) -m venv $(DAGSTER_VENV)
	@$(DAGSTER_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
		--constraint orchestrate/dagster/constraints.txt --requirement orchestrate/dagster/requirements.txt pytest
	@touch $@
