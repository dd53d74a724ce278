# `make demo` and `make test` are all that a fresh clone needs; each makes its own environment first.

PYTHON ?= python3
VENV := .venv
MELTANO_VENV := .venv-meltano
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test lint types bench clean

help:
	@echo "make demo   copy a made-up Jobber account to JSON Lines files, through Meltano"
	@echo "make test   run all tests"
	@echo "make lint   check style"
	@echo "make types  check types"
	@echo "make bench  measure speed and memory"
	@echo "make clean  remove what the others made"

demo: $(VENV)/.installed $(MELTANO_VENV)/.installed
	@exec $(VENV)/bin/tap-jobber-sandbox exec --speed 100 -- \
		$(VENV)/bin/python scripts/demo.py $(MELTANO_VENV)/bin/meltano

test: $(VENV)/.installed-dev
	@exec $(VENV)/bin/python -m pytest --numprocesses auto --dist loadgroup $(TESTS)

lint: $(VENV)/.installed-dev
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

types: $(VENV)/.installed-dev
	@$(VENV)/bin/mypy

bench: $(VENV)/.installed-dev
	@exec $(VENV)/bin/python -m benchmarks

clean:
	rm -rf $(VENV) $(MELTANO_VENV) .meltano .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=...")'
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing tap-jobber, its connect page and its sandbox ..."
	@$(VENV)/bin/python $(PIP_INSTALL) --editable '.[connect,sandbox]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing the test tools ..."
	@$(VENV)/bin/python $(PIP_INSTALL) --editable '.[connect,sandbox,dev]'
	@touch $@

$(MELTANO_VENV)/.installed: constraints.txt
	@echo "Installing Meltano ..."
	@$(PYTHON) -m venv $(MELTANO_VENV)
	@$(MELTANO_VENV)/bin/python $(PIP_INSTALL) meltano
	@touch $@
