# The grading machine: Python, bubblewrap and the locked environment of requirements.lock.
#
#   docker build -t dgm-grader .
#   docker run --rm -it -v "$PWD:/course" -v /course/.venv \
#       --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
#       dgm-grader make grade
#
# The course's folder is mounted, for what grading leaves in it (records/, gradebook.db, marked/, seed.secret) must outlive
# the container; the second -v puts the image's environment in the place of the folder's own .venv. `make formgrader`
# listens to this machine alone, and is reached with `--network host`.
# The sandbox makes namespaces and mounts of its own, which Docker's default profiles forbid: hence the three options.
# Without them `make grade` says that there is no sandbox, and grades nothing.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap chromium git make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /course
COPY requirements.txt requirements.lock ./
COPY autograder/bootstrap.py autograder/bootstrap.py
# --build-arg PIP_EXTRA_INDEX_URL=... where torch's builds for processors lie: without CUDA the image is gigabytes smaller.
ARG PIP_EXTRA_INDEX_URL
ENV PIP_CONSTRAINT=/course/requirements.lock PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python autograder/bootstrap.py

COPY . .
CMD ["make", "help"]
