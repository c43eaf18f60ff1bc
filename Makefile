# Two commands are all a newcomer needs: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BENCH := .venv-bench
BIN := $(VENV)/bin
DEMO := .demo
export TRESEN_PORT ?= 8000
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run demo test test-fast lint gate bench docs constraints constraints-bench chromium clean

run: demo ## build the demo shop and serve it
	$(BIN)/tresen serve $(DEMO)

demo: $(VENV)/.run
	$(BIN)/tresen demo $(DEMO)

test: $(VENV)/.dev chromium lint ## everything, models and browser too
	$(BIN)/python -m pytest

test-fast: $(VENV)/.dev ## without models and browser
	@echo "Leaving out the tests marked model, browser and data."
	$(BIN)/python -m pytest -m "not model and not browser and not data"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

gate: $(VENV)/.dev ## nothing may be worse than eval/baseline.json
	$(BIN)/tresen-eval gate eval/baseline.json

bench: $(BENCH)/.done ## engines side by side on the same work; SCALE=--million goes up to a million products
	$(BENCH)/bin/python -m eval.bench.peers $(SCALE) --out .bench/results.json --pictures .bench/pictures

docs: $(VENV)/.run ## write the pages that are generated
	$(BIN)/python -m search.settings_page > docs/settings.md

constraints: $(VENV)/.dev ## pin what is installed now
	(head -1 constraints.txt; $(BIN)/pip freeze --exclude-editable | sed 's/+cpu//') > constraints.new && mv constraints.new constraints.txt

constraints-bench: $(BENCH)/.done ## pin the engines that are installed now
	(head -1 constraints-bench.txt; $(BENCH)/bin/pip freeze --exclude-editable | sed 's/+cpu//' | grep -vixFf constraints.txt) > constraints.new && mv constraints.new constraints-bench.txt

chromium: # no pip package: the browser of the browser tests
	@command -v chromium >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Debian's chromium for the browser tests …"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu >/dev/null; \
	else \
	  echo "Chromium is missing: the browser tests will be skipped. Install it with: sudo apt-get install chromium"; \
	fi

$(VENV)/.run: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the server needs into $(VENV) (about 200 MB for torch; a minute or two the first time) …"
	$(BIN)/pip install --quiet -c constraints.txt torch  # first, so that nothing else chooses a build of it
	$(BIN)/pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "Installing what the tests need …"
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	@touch $@

$(BENCH)/.done: pyproject.toml constraints.txt constraints-bench.txt
	test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	@echo "Installing the engines to compare with into $(BENCH) (about 2 GB; some minutes the first time) …"
	$(BENCH)/bin/pip install --quiet -c constraints.txt torch
	$(BENCH)/bin/pip install --quiet -c constraints.txt -c constraints-bench.txt -e '.[bench]'
	@touch $@

clean:
	rm -rf $(VENV) $(BENCH) $(DEMO) .gate .bench *.egg-info
