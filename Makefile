# Every target starts from nothing: the environment is made first, from requirements.lock, with hashes checked.
# A .venv that was made from the same lock is used again.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.crmtheory-lock
PIP := $(BIN)/python -m pip --disable-pip-version-check

SPARK := $(VENV)/.crmtheory-spark
BROWSER := $(VENV)/.crmtheory-browser

.PHONY: help report test test-spark test-browser lab notebooks bench lock lint env

help:
	@echo "make report     run the chapters on the sample data and write reports/index.html"
	@echo "make test       run the tests"
	@echo "make test-spark run the tests of the Spark engine (installs Spark; needs Java 17 or later)"
	@echo "make test-browser  look at the report and at JupyterLab in a browser (needs Chromium, and make report before)"
	@echo "make lab        open the notebooks in JupyterLab"
	@echo "make notebooks  regenerate the notebooks from notebooks/src and execute them"
	@echo "make bench      measure speed against other packages"
	@echo "make lint       format, lint and type check"
	@echo "make lock       solve the versions of all packages anew"

env: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else \
		"crmtheory needs Python 3.11, 3.12 or 3.13; %s is %d.%d. Name another one: make PYTHON=python3.12 ..." % (("$(PYTHON)",) + v))'
	@if [ -x $(BIN)/python ] && cmp -s requirements.lock $(STAMP); then \
		echo "$(VENV) fits requirements.lock and is used again."; \
	else \
		echo "Making $(VENV) from requirements.lock; once, one to three minutes."; \
		rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) || { \
			echo "Python could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }; \
		$(PIP) install --quiet --require-hashes --requirement requirements.lock || exit 1; \
	fi
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@cp requirements.lock $(STAMP)

report: env
	@$(BIN)/crmtheory report --output reports

test: env
	@$(BIN)/python -m pytest --numprocesses auto

test-spark: $(SPARK)
	@$(BIN)/python -m pytest tests/spark

$(SPARK): requirements-spark.lock $(STAMP)
	@command -v java >/dev/null || { \
		echo "Spark needs Java 17 or later. On Debian and Ubuntu: apt install default-jre-headless"; exit 1; }
	@$(PIP) install --quiet --require-hashes --no-deps --requirement requirements-spark.lock
	@cp requirements-spark.lock $(SPARK)

test-browser: $(BROWSER)
	@$(BIN)/python -m pytest tests/browser --report reports --numprocesses auto --dist loadfile

$(BROWSER): requirements-browser.lock $(STAMP)
	@$(PIP) install --quiet --require-hashes --no-deps --requirement requirements-browser.lock
	@cp requirements-browser.lock $(BROWSER)

lab: env
	@cd notebooks && ../$(BIN)/jupyter lab

notebooks: env
	@$(BIN)/python -m crmtheory.notebooks build

bench: env
	@$(BIN)/python -m benchmarks

lint: env
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

lock: env
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade \
		--extra dev --output-file requirements.lock pyproject.toml
	@for one in spark=pyspark browser=playwright; do echo "$${one#*=}" | $(BIN)/uv pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade \
		--constraint requirements.lock --output-file requirements-$${one%=*}.lock - || exit 1; done
