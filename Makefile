# The two main commands are `make run` and `make test`. Both work in a fresh clone, and install
# nothing a second time.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python

# The first Python in PATH that is new enough; empty if there is none.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# The stamps' names contain a checksum of the locks: only a changed lock installs again.
sum = $(shell cat requirements/uv.txt $(1) | cksum | cut -d ' ' -f 1)
BASE := $(VENV)/base-$(call sum,requirements/base.txt).stamp
TEST := $(VENV)/test-$(call sum,requirements/test.txt).stamp
CHECKS := $(VENV)/checks-$(call sum,requirements/node/checks/package-lock.json).stamp
LIGHTHOUSE := $(VENV)/lighthouse-$(call sum,requirements/node/lighthouse/package-lock.json).stamp

export UV_PYTHON_DOWNLOADS := never
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PYTHONUNBUFFERED := 1
export PYTHONUTF8 := 1

.PHONY: run test coverage check hooks faults bench lighthouse screenshots messages lock clean

run: $(BASE)
	@$(PY) manage.py prepare
	@exec $(PY) manage.py serve

# Every test on SQLite; on PostgreSQL those that can behave differently there: docs/testing.md.
test: $(TEST) $(CHECKS)
	@$(PY) -m tests.machine
	@exec $(PY) -m tests.run -n 2 --dist loadgroup

# Every test on both databases; fails below the coverage that pyproject.toml asks for.
coverage: $(TEST) $(CHECKS)
	@$(PY) -m tests.machine
	@exec $(PY) -m tests.run --full --coverage -n 2 --dist loadgroup

faults: $(TEST)
	@$(PY) -m tests.machine
	@exec env PORTAL_FULL=1 $(PY) -m tests.run -s tests/faults tests/source_values tests/interchange tests/search tests/deploy/test_nginx_stored_pages.py \
		tests/news/test_flat.py tests/court/test_query_costs.py tests/honors/test_flat.py

# On a machine with nothing else to do: `make bench`, `make bench ARGS=--quick`, `make bench ARGS='--peers --write'`.
bench: $(TEST)
	@$(PY) -m tests.machine
	@exec $(PY) -m tests.benchmarks $(ARGS)

# On a machine with nothing else to do: `make lighthouse`, `make lighthouse ARGS=--write`.
lighthouse: $(TEST) $(LIGHTHOUSE)
	@$(PY) -m tests.machine
	@exec $(PY) -m tests.lighthouse $(ARGS)

# `make screenshots ARGS=FOLDER`, `make screenshots ARGS=--write` for the pictures in docs/.
screenshots: $(TEST)
	@$(PY) -m tests.machine
	@exec $(PY) -m tests.screenshots $(ARGS)

# With the settings of production, in a temporary PORTAL_VAR with a new secret key.
check: export PORTAL_HTTPS := 1
check: export PORTAL_ALLOWED_HOSTS := portal.example.org
check: $(TEST)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	find templates portal news honors -name '*.html' -exec $(BIN)/djade --check --target-version 5.2 {} +
	@PORTAL_VAR=$$(mktemp -d) && export PORTAL_VAR && trap 'rm -rf "$$PORTAL_VAR"' EXIT && set -ex && \
	$(BIN)/mypy && \
	$(PY) manage.py catalogue compile && \
	$(PY) manage.py catalogue missing && \
	$(PY) manage.py makemigrations --check --dry-run && \
	$(PY) manage.py check --deploy --fail-level WARNING
	$(PY) -m pytest -q tests/architecture

# Lets git run the quick part of `make check` before each commit.
hooks: $(TEST)
	$(BIN)/pre-commit install

messages: $(TEST)
	$(PY) manage.py catalogue update

# After a change of the dependencies in pyproject.toml.
lock: $(TEST)
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes -o requirements/base.txt
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes -c requirements/base.txt -o requirements/test.txt
	$(BIN)/uv pip compile requirements/peers.in --universal --python-version 3.11 --generate-hashes -o requirements/peers.txt
	echo uv | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes -o requirements/uv.txt
	$(PY) -m tests.node --lock

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache

$(BIN)/uv: requirements/uv.txt
	@test -n '$(PYTHON)' || { echo 'The portal needs Python 3.11 or newer: install it, or name it: make PYTHON=/path/to/python'; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	echo 'Python could not make a virtual environment. On Debian: apt-get install python3-venv'; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip --default-pip >/dev/null
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

# $(call install,LOCK): install uv from its own lock, then everything in LOCK; print the time taken.
define install
	@start=$$(date +%s); \
	$(MAKE) -s --no-print-directory $(BIN)/uv && \
	$(BIN)/uv pip install --quiet --require-hashes -r $(1) && \
	echo "Downloading and installing the packages took $$(( $$(date +%s) - start )) s."
	$(stamped)
endef

define stamped
	@rm -f $(VENV)/$(firstword $(subst -, ,$(notdir $@)))-*.stamp
	@touch $@
endef

$(BASE):
	$(call install,requirements/base.txt)

$(TEST):
	$(call install,requirements/test.txt)

# Node packages, installed by the npm that is one of the Python packages of the tests.
$(CHECKS) $(LIGHTHOUSE): | $(TEST)
	@$(PY) -m tests.node $(firstword $(subst -, ,$(notdir $@)))
	$(stamped)
