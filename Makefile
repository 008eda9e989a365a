# Two commands: `make run` (the main job on the sample articles) and `make test` (checks, then tests).
# Everything is installed into .venv from hashed requirements; nothing outside it is touched.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
CONFIG ?= config/aggregator.yaml

# Byte code is kept, as an installation does: without it each of the many processes of the tests compiles all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test pythons check format generated validate bench lock clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

run: $(VENV)/.run ## gather the articles and write the feeds to out/
	@$(BIN)/aggregator run --config $(CONFIG)

# One worker more than there are processors: many tests wait for servers. Coverage doubles the time: .ci/run asks for it.
test: check ## all checks, then all tests in parallel; COVERAGE=--cov measures what they cover
	$(BIN)/python -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist worksteal $(COVERAGE)

pythons: $(VENV)/.dev ## set up the other Pythons of this machine, for the test that all of them write the same bytes
	$(BIN)/python tests/pythons.py

check: $(VENV)/.dev ## lint, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## apply what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generated: $(VENV)/.dev ## renew what is made from the commands: manual page, completions, schema of the configuration
	$(BIN)/python tests/generated.py

validate: $(VENV)/.run ## run the W3C feed validator over out/; FEEDVALIDATOR names a checkout of it
	@test -n "$(FEEDVALIDATOR)" || { echo "set FEEDVALIDATOR to a checkout of the W3C feed validator"; exit 2; }
	$(BIN)/python tests/w3c.py "$(FEEDVALIDATOR)" $(CONFIG)

bench: $(VENV)/.dev ## cost of a pass beside a baseline measured in the same run
	$(BIN)/python benchmarks/cold_run.py

lock: ## renew the hashed requirements from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --upgrade \
	  --no-emit-index-url --custom-compile-command 'make lock' pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --upgrade \
	  --no-emit-index-url --custom-compile-command 'make lock' --constraint requirements.txt \
	  --group dev pyproject.toml -o requirements-dev.txt

clean: ## remove what the tools made; out/ and state/ stay
	rm -rf $(VENV) dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# A virtual environment that still answers is kept. Where python3 -m venv cannot bring pip along
# (Debian without python3-venv), the environment is made without it and the system's pip installs into it.
$(BIN)/python:
	@echo "making $(VENV)"
	@rm -rf $(VENV)
	@if command -v uv >/dev/null 2>&1; then uv venv --quiet --python "$(PYTHON)" $(VENV); \
	else $(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --without-pip $(VENV); fi

define install
	@echo "installing $(1) into $(VENV)"
	@$(BIN)/python -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"' \
	  || { rm -rf $(VENV); exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --editable .; \
	elif $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .; \
	else \
	  $(PYTHON) -m pip --python $(BIN)/python install --quiet --require-hashes -r $(1) && \
	  $(PYTHON) -m pip --python $(BIN)/python install --quiet --no-deps --editable .; \
	fi
	@touch $@
endef

# Stale: a link to an interpreter that is gone leaves a dangling $(BIN)/python, which make then builds anew.
$(VENV)/.run: requirements.txt pyproject.toml | $(BIN)/python
	$(call install,requirements.txt)

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(call install,requirements-dev.txt)
	@touch $(VENV)/.run
