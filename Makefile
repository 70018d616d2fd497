# Needs make and Python 3.11 or later; the first target that is asked for builds .venv from requirements.lock.
BIN := .venv/bin
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)

.PHONY: demo test lab lint clean venv

demo: venv  ## the sample shop and its weekly report, in this folder
	@$(BIN)/shopscore demo .

test: venv  ## everything: unit, property, notebook and page tests
	@$(BIN)/python -m pytest $(ARGS)

lab: venv  ## JupyterLab on the notebooks
	@$(BIN)/jupyter lab notebooks

lint: venv  ## style, types, layering
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean:  ## removes .venv and caches; keeps data and reports
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist

venv:
	@test -n "$(PYTHON)" || { echo "shopscore: expected Python 3.11 or later on PATH, found $$(python3 --version 2>&1 \
	|| echo none); install one, or name it: make demo PYTHON=/path/to/python3.12" >&2; exit 1; }
	@"$(PYTHON)" tools/venv.py
