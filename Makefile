# Everything a person or CI runs. Each target does its own set-up.
.PHONY: help setup demo test check bench soak picture clean
PY := .venv/bin/python
BIN := .venv/bin
TEST ?=

help:
	@echo "make demo     the whole way of a punch on this machine, with simulated devices"
	@echo "make test     the tests          make check    types, style, layers"
	@echo "make bench    measurements       make soak     the long tests (an hour and more)"
	@echo "make picture  docs/demo.svg      make clean    remove what make made"

setup:
	@scripts/setup dev

demo:
	@scripts/setup demo
	@$(BIN)/ketuk demo

test: setup
	@$(PY) -m pytest -m "not soak" $(TEST)

check: setup
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/basedpyright --warnings -p firmware
	@$(BIN)/lint-imports --no-cache

bench: setup
	@$(PY) -m bench

soak: setup
	@$(PY) -m pytest -m soak --timeout 7200 -rA $(TEST)

picture:
	@scripts/setup demo
	@$(BIN)/ketuk demo --once --record docs/demo.svg

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
