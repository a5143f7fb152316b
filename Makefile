# Type `make` to see the targets. Needs make and a Python 3.11, 3.12 or 3.13; all else goes into .venv.

PY  := .venv/bin/python
RUN := $(PY) -m run
# A worker a core: measures faster than threads of one process (make bench PARTS=workers).
EVERYTHING := $(PY) -m mirage.cli.everything $(if $(V),-v)
REPORT := $(PY) -m mirage.cli.report
TESTS := $(PY) -m pytest -n 2 --no-loadscope-reorder

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help all lesson lessons notebooks quick sweeps ray slurm site site-picture test test-slow test-all test-site
.PHONY: ward fuzz lint tables figures report freeze check bench lock check-locks clean
.PHONY: clean-records

help:
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile
	@echo "PYTHON=/path/to/python chooses the Python that .venv is made with."

all: .venv/ready  ## every scenario over its verdict seeds, ready sweeps, tables, figures; V=1: prints each scenario's table
	@$(EVERYTHING)

lesson: $(if $(L),.venv/ready,which-lesson)  ## all scenarios of one lesson, its tables and figure: make lesson L=dropout
	@scenarios=$$($(RUN) --lesson '$(L)') && $(EVERYTHING) "scenario=$$scenarios"

quick: .venv/ready  ## every scenario over 3 seeds, into results/custom; RECORDS=DIR: only their records, there
	$(RUN) -m hydra/launcher=joblib hydra.launcher.verbose=10 'scenario=glob(*)' replicates=3 \
		$(if $(RECORDS),'steps=[train]' 'results_dir=$(RECORDS)')

sweeps: .venv/ready  ## the ready sweeps of conf/sweep, into results/tables
	@$(EVERYTHING) 'sweep=glob(*)'

ray: .venv-ray/ready  ## an environment for sweeps on a Ray cluster, .venv-ray

slurm: .venv-slurm/ready  ## an environment for sweeps on a SLURM cluster, .venv-slurm

site: .venv/ready .venv/site  ## pages with charts to touch, results/site/index.html; SITE="seeds=0-2 results_dir=DIR": of these records
	$(PY) -m mirage.cli.site $(SITE)

test: .venv/ready .venv/dev  ## the tests, on two cores
	$(TESTS) -m 'not slow and not cluster and not site'

test-slow: .venv/ready .venv/dev .venv/notebooks  ## fifty kills, a thousand settings, every command shown, environments for clusters
	$(TESTS) -m '(slow or cluster) and not rest'

test-all: .venv/ready .venv/dev .venv/notebooks .venv/site  ## every test, the notebooks of all lessons among them
	$(TESTS)

fuzz: .venv/ready .venv/dev  ## thousands of odd files for the doctor, others each time; ten minutes
	$(TESTS) --hypothesis-profile=other tests/test_doctor_fuzz.py

test-site: .venv/ready .venv/dev .venv/site  ## the site in a browser; RECORDS=DIR: charts of the records of seeds 0 to 2 there
	$(if $(RECORDS),MIRAGE_SITE_RECORDS='$(RECORDS)') $(TESTS) -m site

ward: .venv/ready  ## how often the doctor is right, on planted faults and healthy twins, a quarter of an hour; TRY=5: even seeds
	@$(PY) -m mirage.doctor.ward $(if $(TRY),--try $(TRY)) $(if $(CASES),--cases $(CASES))

lint: .venv/ready .venv/dev  ## style, types, which module may import which
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo

tables: .venv/ready  ## all tables and what is written from them again, from the records
	@$(EVERYTHING) 'steps=[tables]'
	$(PY) -m mirage.doctor.listings
	$(REPORT)

figures: .venv/ready  ## all figures of lessons again from the records
	@$(EVERYTHING) 'scenario=glob(*)' 'steps=[figures]'

notebooks: .venv/ready .venv/notebooks  ## every lesson as a notebook, into results/notebooks
	@$(PY) -m mirage.cli.notebooks

report lessons: .venv/ready  ## what is written from the tables: lessons, ledger, README
	$(REPORT)

freeze: .venv/ready  ## fix claims and designs before their verdict seeds are run; NAMES="dropout": again, for the next seeds
	$(PY) -m mirage.cli.freeze $(NAMES)

check: .venv/ready  ## make all again, compare with the tables; QUICK=1: a slice; EXACT=1: bytes; FINGERPRINTS=1: only these
	$(PY) -m mirage.cli.check $(if $(QUICK),quick) $(if $(EXACT),exact) $(if $(FINGERPRINTS),fingerprints)

site-picture: .venv/ready .venv/dev site  ## the site's picture in the README; needs Chromium
	$(PY) benchmarks/pages.py

bench: .venv/ready .venv/dev .venv/site .venv/bench  ## how fast it is, half an hour; PARTS="growth workers": some of it
	$(PY) benchmarks/bench.py $(PARTS)
	$(REPORT)

lock: .venv/ready  ## pin what pyproject.toml names; UPGRADE=1: in the newest versions
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --extra dev -c requirements.lock -o locks/dev.lock
	$(LOCK) pyproject.toml --extra notebooks -c locks/dev.lock -o locks/notebooks.lock
	$(LOCK) pyproject.toml --extra bench -c requirements.lock -o locks/bench.lock
	$(LOCK) pyproject.toml --extra site -c locks/notebooks.lock -o locks/site.lock
	$(LOCK) pyproject.toml --extra slurm -c requirements.lock -o locks/slurm.lock
	grep -E '^($(NUMERICAL))==' requirements.lock | tr -d '\\' > build-constraints.txt  # Ray needs older ones of the rest
	$(LOCK) pyproject.toml --extra ray -c build-constraints.txt -o locks/ray.lock; rm build-constraints.txt
	echo uv | $(LOCK) - -o locks/uv.lock
	! grep -n '://' requirements.lock locks/*.lock

check-locks: .venv/ready  ## whether the locks can be installed with each Python that is supported
	@for version in 3.11 3.12 3.13; do \
		for lock in requirements.lock locks/dev.lock locks/notebooks.lock locks/site.lock locks/slurm.lock locks/ray.lock; do \
		.venv/bin/uv pip install --quiet --dry-run --target build-locks --python-version $$version --only-binary :all: \
			--no-binary antlr4-python3-runtime --require-hashes -r $$lock || exit 1; \
		echo "$$lock can be installed with Python $$version"; done; done; rm -rf build-locks

clean:  ## remove .venv, caches and results/custom; records stay
	rm -rf .venv .venv-* .*_cache .hypothesis build src/*.egg-info results/custom results/site results/site-source
	find src tests experiments -name __pycache__ -prune -exec rm -rf {} +

clean-records:  ## remove the records: make all then trains again
	rm -rf results/runs

.PHONY: which-lesson
which-lesson:
	$(error Which lesson? For example: make lesson L=dropout)


# The environment. Each stamp in .venv stands for a finished step, and is written last. While packages are being
# installed .venv/locked is away, so an interrupted installation is made anew, never built upon.

INSTALL := .venv/bin/uv pip install --quiet --python $(PY)
# Compiled here and now: where PYTHONDONTWRITEBYTECODE is set, each import of TensorFlow would compile it again.
INSTALL_LOCKED := $(INSTALL) --compile-bytecode --require-hashes -b requirements.lock
NUMERICAL := tensorflow|keras|numpy|scipy|scikit-learn|imbalanced-learn|pandas|h5py|ml-dtypes
LOCK := .venv/bin/uv pip compile --quiet --python $(PY) --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-header --no-annotate $(if $(UPGRADE),--upgrade)

# Candidates are run, not looked up: a version manager's shim may exist and not work, a system's Python lack ensurepip.
# What counts is the Python behind an active environment, which may be the very .venv about to be replaced.
PROBE := import sys, venv, ensurepip; assert (3, 11) <= sys.version_info[:2] <= (3, 13); print(sys._base_executable)
CANDIDATES := $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3 python)
NO_PYTHON := No suitable Python: needs 3.11, 3.12 or 3.13 with venv and ensurepip; name one with PYTHON=/path/to/python
find_python = $(shell for python in $(CANDIDATES); do "$$python" -c '$(PROBE)' 2>/dev/null && break; done)
version_of = $(shell $(1) -c 'import sys; print(sys.version)' 2>/dev/null)

# A .venv works only where it was made: a moved checkout gets a new one, as does one whose Python is gone or,
# where PYTHON is given, is another.
ifneq ($(shell $(PY) -V >/dev/null 2>&1 && cat .venv/locked 2>/dev/null),$(CURDIR))
.PHONY: .venv/locked
else ifneq ($(if $(PYTHON),$(call version_of,"$(PYTHON)")),$(if $(PYTHON),$(call version_of,$(PY))))
.PHONY: .venv/locked
endif

.venv/locked: requirements.lock locks/uv.lock
	$(eval BASE := $(find_python))
	$(if $(BASE),,$(error $(NO_PYTHON)))
	@echo "Setting up .venv with $(BASE) (about a minute, once)"
	@rm -rf .venv
	@"$(BASE)" -m venv .venv
	@$(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r locks/uv.lock
	@$(INSTALL_LOCKED) -r requirements.lock
	@pwd -P > $@

.venv/ready: .venv/locked pyproject.toml
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# Environments of their own for clusters: what Ray needs does not go together with what the suite is locked to otherwise
# (the numerical libraries are the same).
.venv-ray/ready .venv-slurm/ready: .venv-%/ready: locks/%.lock pyproject.toml .venv/locked
	@echo "Setting up .venv-$* (about a minute, once)"
	@rm -rf .venv-$*
	@"$$($(PY) -c 'import sys; print(sys._base_executable)')" -m venv --without-pip .venv-$*
	@.venv/bin/uv pip install --quiet --python .venv-$*/bin/python --compile-bytecode --require-hashes -r $<
	@.venv/bin/uv pip install --quiet --python .venv-$*/bin/python --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev .venv/notebooks .venv/site .venv/bench: .venv/%: locks/%.lock .venv/locked
	@echo "Adding $< to .venv"
	@mv .venv/locked .venv/locking
	@$(INSTALL_LOCKED) -r $<
	@mv .venv/locking .venv/locked
	@touch $@
