# Every target sets up what it needs: a virtual environment, a Redis, the renderers, the control plane.
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
ARGS ?=
CLUSTERS ?= 20
APPS ?= 5
MINUTES ?= 30
SEED ?= 1
SEQUENCES ?= 500
N ?= 500
export PYTHONPATH := platform:workers

.PHONY: help venv tools demo test lint corpus edits bench bench-drift bench-render bench-sweep bench-monorepo bench-simulator fleet chaos differential docs clean

help: ## Show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

venv: .venv/.made ## Make the virtual environment from uv.lock

.venv/.made: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than 3.11: install Python 3.11+ or set PYTHON=/path/to/python3"; exit 2; }
	@command -v git >/dev/null || { echo "error: git is not on PATH: install it (Debian: apt-get install git)"; exit 2; }
	@echo "syncline: making .venv (about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=.venv $(BIN)/uv sync --quiet --frozen --all-extras --all-groups
	@touch $@

state: venv ## Measure what the state of a fleet costs Redis: ARGS="--targets 5000"
	@$(BIN)/python -m tests.bench.state $(ARGS)

tools: venv ## Find or build the control plane, renderers, kubectl, a registry (first time: about 14 minutes)
	@$(PYTHON) tools/get.py all

demo: tools ## Show the main job live on 8 clusters; ARGS=--exit ends by itself
	@$(BIN)/python -m examples.demo $(ARGS)

test: tools ## Run all tests, two files at a time
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: venv ## Check style, types and which way imports point
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

corpus: venv ## Render and apply a folder's bundles, compare with their own tools: CORPUS=DIR
	@test -n "$(CORPUS)" || { echo "error: name a folder of charts, kustomizations and manifests: make corpus CORPUS=DIR"; exit 2; }
	@$(PYTHON) tools/get.py all
	@$(BIN)/python -m tests.corpus "$(CORPUS)" $(ARGS)

edits: tools ## Edit objects at random and compare with kubectl: SEED=1 N=2000
	@$(BIN)/python -m tests.edits --seed $(SEED) --sequences $(N) $(ARGS)

bench: tools ## Measure against a bare client on a real kube-apiserver
	@$(BIN)/python -m tests.bench $(ARGS)

fleet: tools ## Measure a fleet of simulated clusters: CLUSTERS=1000 APPS=50 SEED=1
	@$(BIN)/python -m tests.fleet --size $(CLUSTERS)x$(APPS) --seed $(SEED) $(ARGS)

chaos: tools ## Kill, pause and hang everything under load: MINUTES=30 SEED=1
	@$(BIN)/python -m tests.chaos --minutes $(MINUTES) --seed $(SEED) $(ARGS)

bench-drift: tools ## Measure drift to repaired by the watch, and its memory: ARGS="--targets 1000"
	@$(BIN)/python -m tests.bench.drift $(ARGS)

bench-render: tools ## Measure cold renders beside the bare engines: ARGS="--count 200"
	@$(BIN)/python -m tests.bench.render $(ARGS)

bench-sweep: tools ## Measure one sweep of an unchanged cluster: ARGS="--targets 1000"
	@$(BIN)/python -m tests.bench.sweep $(ARGS)

bench-monorepo: tools ## Measure clones, look-ups and renders on a monorepo of 100,000 files
	@$(BIN)/python -m tests.bench.monorepo $(ARGS)

bench-simulator: venv ## Measure simulated clusters: CLUSTERS=1000 APPS=50
	@$(BIN)/python -m tests.bench.simulator --clusters $(CLUSTERS) --apps $(APPS)

differential: tools ## Compare the simulator with a real kube-apiserver: SEED=1 SEQUENCES=500
	@$(BIN)/python -m tests.differential --seed $(SEED) --sequences $(SEQUENCES) $(ARGS)

docs: venv ## Write docs/reference from the code
	@$(BIN)/python tools/docs.py

clean: ## Remove what make made here (not the shared cache)
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist bench-results .data
