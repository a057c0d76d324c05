# The grading machine: Python, bubblewrap and the locked environment of requirements.lock.
#
#   docker build -t dgm-grader .
#   docker run --rm -it -v "$PWD/submissions:/course/submissions" -v "$PWD/graded:/graded" \
#       --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
#       dgm-grader make grade
#
# The sandbox makes namespaces and mounts of its own, which Docker's default profiles forbid: hence the three options.
# Without them `make grade` says that there is no sandbox, and grades nothing. What nobody may lose (records/, gradebook.db,
# marked/, seed.secret) lies in /course: mount the course's folder itself there where it should outlive the container.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap chromium git make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /course
COPY requirements.txt requirements.lock ./
COPY autograder/bootstrap.py autograder/bootstrap.py
ENV PIP_CONSTRAINT=/course/requirements.lock PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python autograder/bootstrap.py

COPY . .
CMD ["make", "help"]
