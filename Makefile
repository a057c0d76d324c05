# Deep Generative Models: homeworks, reference solutions and the autograder.
#
#   make grade       grade submissions/<student>/<hw>/<hw>.ipynb, or a demo class when there is none
#                    HW=hw1  STUDENT=ada  JOBS=2  SUBMISSIONS=folder  FORCE=1  SEED=7  ISOLATION=none
#   make test        run every test; TESTS="tests/sandbox -x" runs some
#   make release     write the student notebooks and the solved ones from solutions/; HW=hw1  CHECK=1  EXECUTE=0
#   make final       course grades from the gradebook and EXAM=exam.csv
#   make data        fetch MNIST once, for the optional experiments
#   make lint        ruff over everything
#
# `make grade` and `make test` set up everything themselves (a virtual environment in .venv; bubblewrap).
# Exit codes of grade: 0 all graded, 1 some submissions could not be graded, 2 wrong usage, 3 the grader broke.

SHELL         := bash
.SHELLFLAGS   := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS     += --no-print-directory

PYTHON ?= python3
TESTS  ?=
RUN    := .venv/bin/python
export PYTHONPATH := $(CURDIR):$(CURDIR)/homeworks
# One thread per process: two on a shared machine made the same PixelCNN nine times slower.
export OMP_NUM_THREADS := 1

.PHONY: help setup grade test release final data lint

help:  ## show the lines above
	@sed -n '/^#/!q; s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

setup:  ## the environment, bubblewrap
	@$(PYTHON) autograder/bootstrap.py

grade: setup
	@$(RUN) -m autograder grade $(if $(HW),--hw "$(HW)") $(if $(STUDENT),--student "$(STUDENT)") $(if $(JOBS),--jobs "$(JOBS)") \
	    $(if $(SUBMISSIONS),--submissions "$(SUBMISSIONS)") $(if $(FORCE),--force) $(if $(SEED),--seed "$(SEED)") $(if $(ISOLATION),--isolation "$(ISOLATION)")

test: setup
	@$(RUN) -m pytest -n 2 --dist loadscope $(TESTS)

release: setup
	@$(RUN) -m autograder release $(if $(HW),--hw "$(HW)") $(if $(CHECK),--check) $(if $(filter 0,$(EXECUTE)),--no-execute)

final: setup
	@$(RUN) -m autograder final $(if $(EXAM),--exam "$(EXAM)")

data: setup
	@$(RUN) -m dgm.data

lint: setup
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check .
