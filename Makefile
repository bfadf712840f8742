# Every target makes the environment `.venv` on first use; a bare clone needs only Python 3.11 and make.
# PYTHON=python3.12 picks the interpreter, TORCH=gpu the accelerator build of PyTorch,
# WORKERS=4 the number of test processes, and ARGS="-k sort -x" goes to pytest as it is.

PYTHON  ?= python3
WORKERS ?= 2
SEED    ?= $(shell date +%Y%m%d)0000
COUNT   ?= 1000
BIN     := .venv/bin
READY   := .venv/.installed

# Tests start many processes: without bytecode each of them would compile every module again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help env demo test quick mutate replay fuzz coverage check format docs serve bench explorer wheel clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

env: $(READY) ## make or update the environment .venv

$(READY): pyproject.toml tools/environment.py
	@$(PYTHON) tools/environment.py

demo: $(READY) ## compile a sort and a reverse, run them, and leave the models and their pictures under demo/
	$(BIN)/python examples/demo.py

test: $(READY) ## all tests, with the examples of docstrings, README and docs
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

quick: $(READY) ## the everyday tests: all but those marked slow
	$(BIN)/pytest -n $(WORKERS) -m "not slow" $(ARGS)

fuzz: $(READY) ## other random programs each day, of every generator; SEED= and COUNT= choose them
	@for programs in broad orders numbers undefined sums; do echo "== $$programs, from seed $(SEED)"; \
	$(BIN)/python benchmarks/never_silently_wrong.py --programs $$programs --formats \
		--seed $(SEED) --count $(COUNT) --jobs $(WORKERS) || exit 1; done

coverage: $(READY) ## which lines of the core the everyday tests run, as a table
	$(BIN)/pytest -n $(WORKERS) -m "not slow" --cov --cov-report=term $(ARGS)

replay: $(READY) ## compare compiled models byte for byte with those of the last commit (ARGS="--against COMMIT")
	@$(BIN)/python tools/replay.py $(ARGS)

mutate: export OMP_NUM_THREADS = 1
mutate: $(READY) ## mutation testing: what wrong constants and conditions no everyday test finds
	$(BIN)/python -m tools.mutation $(ARGS)

check: $(READY) ## format, lint, types, and which package may import which
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright
	$(BIN)/lint-imports

format: $(READY) ## format the code and apply the lint fixes that are safe
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

docs serve: export NO_MKDOCS_2_WARNING = 1
docs: $(READY) ## build the documentation into site/
	$(BIN)/mkdocs build --strict

serve: $(READY) ## show the documentation in a browser while it is written
	$(BIN)/mkdocs serve

bench: $(READY) ## run every script of benchmarks/ with its defaults
	@for script in benchmarks/[a-z]*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

explorer: ## rebuild the program of the explorer page, which needs Node.js 20 and npm, and test it
	cd explorer && npm ci --no-fund --no-audit && npm run check && npm test && npm run build

wheel: $(READY) ## build the wheel into dist/, install it in an environment of its own, and try it
	$(BIN)/python tools/wheel.py

clean: ## remove the environment and everything that the targets made
	rm -rf .venv site demo dist .cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis explorer/node_modules
