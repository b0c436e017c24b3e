# make demo    the whole story on built-in twin languages, on a CPU, in minutes
# make test    lint, types, docstrings, then all tests
# make results what was found, in README.md and docs/, anew from the files in studies/
#
# All make .venv with Python 3.11 or newer and install the tested versions (constraints.txt) once;
# they install again only after pyproject.toml or constraints.txt has changed.

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet -c constraints.txt

.PHONY: demo test results lint clean

demo: .venv/installed
	$(BIN)/lingweave demo

test: lint
	$(BIN)/python -m pytest

results: .venv/installed
	$(BIN)/python studies/summary.py

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/flake8 src

clean:
	rm -rf .venv

.venv/bin/python:
	@for python in python3.11 python3 python3.12 python3.13 python; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "$$python -m venv .venv"; exec $$python -m venv .venv; \
	  fi; \
	done; echo "lingweave needs Python 3.11 or newer; install it and run make again" >&2; exit 1

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) -e .
	@touch $@

.venv/installed-test: pyproject.toml constraints.txt | .venv/bin/python
	$(INSTALL) -e ".[test]"
	@touch $@ .venv/installed
