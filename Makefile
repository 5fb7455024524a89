# `make demo`, `make reproduce` and `make test` set up what they need, once, and run.
# PYTHON=python3.12 picks another Python; FULL=1 reproduces with the papers' seeds.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
STAMP := $(VENV)/.installed
CORES := $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 1)
export OMP_NUM_THREADS ?= 1

.PHONY: demo reproduce test slow lint clean

demo: $(STAMP)
	$(RUN)/surronas improve benchmarks_data/digits_cell201.h5 --out runs/demo

reproduce: $(STAMP)
	$(RUN)/surronas reproduce $(if $(filter-out 0,$(FULL)),--full)

test: lint
	$(RUN)/python -m pytest --numprocesses $(CORES) --dist loadfile

slow: $(STAMP)
	$(RUN)/python -m pytest -m slow

lint: $(STAMP)
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "expected Python 3.11 or later, got $$($(PYTHON) --version); try: make PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[train,data,distributed,export,tracking,energy,tables,fetch,graph,adapters,dev]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
