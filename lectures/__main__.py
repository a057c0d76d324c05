"""The lectures and the exam.

    python -m lectures build [--lecture 2]   the site, into build/lectures/html
    python -m lectures check                 build, then everything that only the finished site shows
    python -m lectures pdf [--lecture 2]     build, then a PDF of every lecture, into build/lectures/pdf
    python -m lectures shaken [--seed 1]     run all cells with rounding errors planted in every training
    python -m lectures table                 what every lecture has
    python -m lectures exam [--seed 7] [--tickets 30]   tickets, key and exam.csv, into build/exam

Exit codes: 0 done, 1 done in part (what is missing is named), 2 not done (the sentence says why).
"""

from __future__ import annotations

import argparse
import sys

from lectures import anatomy, check, environment, printing
from lectures.build import HTML, BuildFailedError, html, lectures
from lectures.environment import BUILD, NODE_IS_MISSING, NOTES, ROOT, MissingError
from lectures.exam import pages
from lectures.exam.bank import BankError, read_bank
from lectures.exam.tickets import draw

PDF, SECONDS = BUILD / "pdf", BUILD / "seconds"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lectures", description="The lectures and the exam.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("build", "check", "pdf"):
        commands.add_parser(name).add_argument("--lecture", type=int, help="only the cells of this one run")
    commands.add_parser("table")
    commands.add_parser("shaken").add_argument("--seed", type=int, default=1)
    exam = commands.add_parser("exam")
    exam.add_argument("--seed", type=int, default=1)
    exam.add_argument("--tickets", type=int, default=30)
    options = parser.parse_args()
    try:
        if options.command == "table":
            print(anatomy.table(NOTES, SECONDS))
            return 0
        if options.command == "shaken":
            return _shaken(options.seed)
        if options.command == "exam":
            return _exam(options.seed, options.tickets)
        return {"build": _build, "check": _check, "pdf": _pdf}[options.command](_chosen(options.lecture))
    except (BankError, BuildFailedError, MissingError) as error:
        print(f"lectures: {error}", file=sys.stderr)
        return 2


def _chosen(number: int | None) -> str:
    name = "" if number is None else f"l{number:02}"
    if name and name not in lectures():
        raise MissingError(f"there is no lecture {number} yet; written are {', '.join(lectures())}")
    return name


def _build(only: str) -> int:
    target = HTML.with_name(f"draft-{only}") if only else HTML
    formulas = html(target=target, only=only, settings={"LECTURES_SECONDS": str(SECONDS)})
    print(f"lectures: {(target / 'index.html').relative_to(ROOT)}")
    return 0 if formulas else _partly(f"{NODE_IS_MISSING}: they stand as TeX")


def _shaken(seed: int) -> int:
    settings = {"LECTURES_SHAKEN": str(seed), "LECTURES_CACHE": str(BUILD / f"cache-shaken-{seed}")}
    html(target=HTML.with_name("shaken"), settings=settings)
    print(f"lectures: what they say holds with other rounding errors (seed {seed})")
    return 0


def _check(only: str) -> int:
    code = _build(only)
    root = HTML.with_name(f"draft-{only}") if only else HTML
    found = check.pages(root)
    wrong = check.wrong_in_text(found)
    try:
        wrong += check.wrong_in_browser(list(found), environment.chromium())
    except MissingError as error:
        code = _partly(f"{error}: not looked at in a browser")
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    print(f"lectures: {len(found)} pages, {f'{len(wrong)} things wrong' if wrong else 'nothing wrong'}")
    return 2 if wrong else code


def _pdf(only: str) -> int:
    code = _build(only)
    root = HTML.with_name(f"draft-{only}") if only else HTML
    jobs = {root / f"{name}.html": PDF / f"{name}.pdf" for name in ([only] if only else lectures())}
    printing.pdfs(jobs, environment.chromium())
    for target in jobs.values():
        print(f"lectures: {target.relative_to(ROOT)}")
    return code


def _exam(seed: int, count: int) -> int:
    for path in pages.write(draw(read_bank(), count, seed), seed):
        print(f"exam: {path.relative_to(ROOT)}")
    return 0


def _partly(sentence: str) -> int:
    print(f"lectures: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
