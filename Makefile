# make run: the dashboard. make test: the tests. make check: lint, types and versions. make wheel: what pip installs, into dist/.
# make campaign: 100,000 mutated files of every format that is read.
# make docs: the documentation as a site, into build/site; it opens without a network.
# make messages: what is to be translated, from the code into the catalogues, and the files that are read from those.
# make bench-gpu: large encoders on a GPU.
# Each sets up .venv by itself.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
ARGS ?=
NO_TESTS := 5# what pytest exits with where ARGS names a file without tests of a kind

# The functions of mmalign_core/wording/ whose literals are messages.
WORDS := tr say tr_many:1,2 say_many:1,2 _in_context:1c,2

GPU_MODELS ?= ViT-B-32 ViT-B-16 RN50 ViT-L-14 MiniLM-L6 BERT-base CLAP video
GPU_BATCHES ?= 1 8 32 128 512

.PHONY: run test check audit wheel docs campaign messages bench-gpu install install-test clean

run: .venv/.run
	$(BIN)/streamlit run app.py $(ARGS)

# The dashboard's browser tests come after the others: beside them, a page would wait for a core.
test: .venv/.test
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not browser" $(ARGS) || [ $$? = $(NO_TESTS) ]
	@$(BIN)/python -m pytest -m browser $(ARGS) || [ $$? = $(NO_TESTS) ]

check: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/python -m pip check

# Asks the advisory database for each installed package, so it needs a network.
audit: .venv/.test
	$(PIP) pip-audit
	$(BIN)/pip-audit --local --skip-editable

wheel: .venv/.test
	$(BIN)/python -m build --no-isolation

docs: .venv/.test
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet $(ARGS)
	@echo "build/site/index.html"

campaign: .venv/.test
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.campaign $(ARGS)

messages: .venv/.test
	@mkdir -p build
	@$(BIN)/pybabel -q extract -F babel.cfg -k "$(WORDS)" --ignore-dirs ".* __pycache__" --no-location --sort-output --project MMAlign -o build/mmalign.pot .
	@$(BIN)/pybabel -q update -D mmalign -i build/mmalign.pot -d mmalign_core/locale --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 120
	@$(BIN)/python -c "import sys; from babel.messages import mofile, pofile; [mofile.write_mo(open(path[:-2] + 'mo', 'wb'), pofile.read_po(open(path, 'rb'))) for path in sys.argv[1:]]" mmalign_core/locale/*/LC_MESSAGES/mmalign.po

bench-gpu: .venv/.test
	@$(BIN)/python benchmarks/large_throughput.py --device cuda --check
	$(BIN)/python -m pytest -m gpu -rs tests/test_encoders_gpu.py tests/test_encoders_devices.py
	$(BIN)/python benchmarks/large_throughput.py --device cuda --limit 2000 --batches $(GPU_BATCHES) --models $(GPU_MODELS) $(ARGS)

install: .venv/.run
install-test: .venv/.test

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "MMAlign needs Python 3.11 or newer: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "On Debian: apt install python3-venv"; exit 1; }

.venv/.run: requirements.txt | $(BIN)/python
	@echo "Installing what requirements.txt lists into .venv (once, a few minutes) ..."
	$(PIP) -r requirements.txt
	@touch $@

.venv/.test: .venv/.run pyproject.toml
	$(PIP) -e ".[dev]"
	@touch $@

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis build dist
