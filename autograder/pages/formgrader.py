"""What a TA sees in nbgrader's formgrader: one notebook per graded submission, `autograded/<student>/<hw>/<hw>.ipynb`.

nbgrader's own autograde would run the student's notebook; this one is put together. Its frame is the released
notebook, whose prose, names and points are ours; in it stand the student's sources, the checks' messages as the output
of the check cells, and before each theory answer its rubric. Cells that the student added follow the cell after which
they stood, so that nothing is lost. All that a student wrote passes `sanitise`; outputs are kept as plain text and
pictures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from autograder.course import Homework, format_points
from autograder.notebooks.matching import match
from autograder.notebooks.reading import Cell, Notebook, NotebookError, read_notebook
from autograder.pages import sanitise
from autograder.provenance import released_notebook, solved_path
from autograder.records import GRADED, Record, printable, suspicions, write_atomically

Document = dict[str, Any]

MOST_ADDED = 300  # cells of the student's own
MOST_OUTPUTS = 20  # of one cell
MOST_TEXT = 400_000  # characters of all outputs
MOST_PICTURES = 12 << 20  # characters of base64, of all outputs and attachments
PLOTS = 40  # on a feedback page
# What a cell is, for the page that shows it: boxes of ours look like nothing that a student can write.
KIND = "dgm"
SUMMARY, RUBRIC, NOTE, ANSWER = "summary", "rubric", "note", "answer"
ADDED = "*Added by the student:*"
REWRITTEN = "*The student wrote into the cell above, which is now:*"
# At the top level: a function or a class, or else a name that is given a value.
DEFINES = re.compile(r"^(?:(?:(?:async +)?def|class) +(\w+)|(\w+)\s*(?::[^=\n]*)?=(?!=))", re.MULTILINE)
MARKS = {"passed": "✓", "blocked": "…", "grader-error": "!"}


def autograded_path(folder: Path, homework: str, student: str) -> Path:
    """Where nbgrader looks for it."""
    return folder / student / homework / f"{homework}.ipynb"


@dataclass(frozen=True)
class Own:
    """What a student wrote and drew, for their own page: sources of exercises, answers to problems, and plots.

    `exercises` has for each exercise the cells that define its names last, `theory` for each problem its text and the
    pictures pasted into it, `plots` base64 texts of PNG files.
    """

    exercises: dict[str, str] = field(default_factory=dict)
    theory: dict[str, tuple[str, Document]] = field(default_factory=dict)
    plots: tuple[str, ...] = ()


def write_autograded(folder: Path, homework: Homework, record: Record, data: bytes | None, note: str = "") -> Own:
    """Write the notebook of one submission, atomically. `data` are the bytes handed in, None if there are none.

    Returns what the student's own page shows of it. Raises OSError, ValueError where the released notebook is
    missing or broken.
    """
    path = autograded_path(folder, homework.id, record["student"])
    document = autograded(homework, record, data, note)
    write_atomically(path, lambda file: file.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n"))
    return _own(homework, document)


def is_stale(folder: Path, homework: Homework, student: str, *sources: Path) -> bool:
    """Whether the notebook is missing or older than what it is made from."""
    path = autograded_path(folder, homework.id, student)
    made_from = [*sources, released_notebook(homework), solved_path(homework)]
    try:
        written = path.stat().st_mtime_ns
        return any(source.stat().st_mtime_ns > written for source in made_from if source.exists())
    except OSError:
        return True


def autograded(homework: Homework, record: Record, data: bytes | None, note: str = "") -> Document:
    """The notebook as a document of nbformat 4."""
    path, theirs = released_notebook(homework), _submitted(data)
    frame, released = _released(path, path.stat().st_mtime_ns)
    found = match(homework, released, Notebook(theirs))
    matched = {here: theirs[there] for here, there in found.places.items()}
    added = {here: [theirs[there] for there in others] for here, others in found.added.items()}
    budget = _Budget()
    cells = [_markdown("summary", _summary(record, note), SUMMARY)]
    cells += _added(added.get(-1, []), budget)
    rubrics = _rubrics(homework)
    for number, cell in enumerate(frame["cells"]):
        name, own = _name(cell), matched.get(number)
        if name in rubrics:
            cells.append(_markdown(f"rubric-{name}", rubrics[name], RUBRIC))
        if name in {problem.id for problem in homework.theory}:
            if own is None:
                cells.append(_markdown(f"no-{name}", _no_answer(name)))
            cells.append(_answer(cell, own, budget))
        elif name in {exercise.id for exercise in homework.exercises}:
            cells.append(_frame(cell) | {"outputs": _verdict(record, name)})
        elif cell["cell_type"] == "code":
            cells.append(_code(cell, own, budget))
        else:
            cells.append(_frame(cell))
            if own is not None and own.source.split() != _source(cell).split():
                cells += _added([own], budget, REWRITTEN)
        cells += _added(added.get(number, []), budget)
    return {"cells": cells, "metadata": frame["metadata"], "nbformat": 4, "nbformat_minor": 5}


def own(folder: Path, homework: Homework, student: str) -> Own:
    """What the student wrote and drew, from the notebook written here; nothing where it is not there."""
    try:
        path = autograded_path(folder, homework.id, student)
        return _own(homework, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Own()


def _own(homework: Homework, document: Document) -> Own:
    code = [cell["source"] for cell in document["cells"] if cell["cell_type"] == "code"]
    last = {name: at for at, source in enumerate(code) for name in _defined(source)}
    exercises = {}
    for exercise in homework.exercises:
        if cells := {last[name] for name in exercise.names if name in last}:
            exercises[exercise.id] = "\n\n".join(code[at] for at in sorted(cells))
    theory = {
        _name(cell): (cell["source"], cell.get("attachments", {}))
        for cell in document["cells"]
        if cell["metadata"].get(KIND) == ANSWER and _name(cell)
    }
    return Own(exercises, theory, tuple(_plots(document)))


def _defined(source: str) -> set[str]:
    """The names that a cell defines at its top level."""
    return {found[1] or found[2] for found in DEFINES.finditer(source)}


def _plots(document: Document) -> list[str]:
    outputs = (output for cell in document["cells"] for output in cell.get("outputs", ()))
    found = (sanitise.picture("image/png", output.get("data", {}).get("image/png")) for output in outputs)
    return [image for image in found if image][:PLOTS]


# --- what was handed in ----------------------------------------------------------------------------------------------


def _submitted(data: bytes | None) -> tuple[Cell, ...]:
    """The student's cells, with all that the file says of them."""
    try:
        return read_notebook(data).cells if data is not None else ()
    except NotebookError:
        return ()


@lru_cache(maxsize=20)
def _released(path: Path, _written: int) -> tuple[Document, Notebook]:
    """The released notebook as a document and as cells, read once while it does not change."""
    data = path.read_bytes()
    return json.loads(data), read_notebook(data)


# --- cells -----------------------------------------------------------------------------------------------------------


@dataclass
class _Budget:
    """What a notebook may still hold of the student's outputs, pictures and cells."""

    text: int = MOST_TEXT
    pictures: int = MOST_PICTURES
    added: int = MOST_ADDED
    names: int = 0
    told: set[str] = field(default_factory=set)


def _answer(cell: Document, own: Cell | None, budget: _Budget) -> Document:
    if own is None:
        return _frame(cell)
    pictures, names = _attachments(own, budget)
    made = _frame(cell) | {"source": sanitise.inert_markdown(own.source, names)}
    made["metadata"] = {**made.get("metadata", {}), KIND: ANSWER}
    return made | ({"attachments": pictures} if pictures else {})


def _code(cell: Document, own: Cell | None, budget: _Budget) -> Document:
    if own is None:
        return _frame(cell)
    return _frame(cell) | {"source": sanitise.source(own.source), "outputs": _outputs(own, budget)}


def _added(cells: list[Cell], budget: _Budget, what: str = ADDED) -> list[Document]:
    made: list[Document] = []
    for own in cells:
        if budget.added == 0:
            if "added" not in budget.told:
                budget.told.add("added")
                made.append(_markdown("too-many", f"*The student added more than {MOST_ADDED} cells; see the file.*"))
            break
        budget.added -= 1
        name = f"added-{own.index}"
        made.append(_markdown(f"{name}-says", f"{what} (cell {own.index})"))
        if own.kind == "code":
            body = {"cell_type": "code", "execution_count": None, "outputs": _outputs(own, budget)}
            made.append({**body, "id": name, "metadata": {KIND: ANSWER}, "source": sanitise.source(own.source)})
        else:
            pictures, names = _attachments(own, budget)
            made.append(_markdown(name, sanitise.inert_markdown(own.source, names), ANSWER))
            if pictures:
                made[-1]["attachments"] = pictures
    return made


def _attachments(own: Cell, budget: _Budget) -> tuple[Document, dict[str, str]]:
    """The pictures pasted into a text cell, under names of ours; and the old names with the new."""
    pasted = own.raw.get("attachments")
    pictures: Document = {}
    names: dict[str, str] = {}
    for name, kinds in pasted.items() if isinstance(pasted, dict) else ():
        for kind in sanitise.PICTURES:
            data = sanitise.pasted(kind, kinds[kind]) if isinstance(kinds, dict) and kind in kinds else None
            if data and len(data) <= budget.pictures and len(names) < MOST_OUTPUTS:
                budget.pictures -= len(data)
                budget.names += 1
                names[name] = f"picture-{budget.names}"
                pictures[names[name]] = {"image/png": data}
                break
    return pictures, names


def _outputs(own: Cell, budget: _Budget) -> list[Document]:
    """What a cell of the student's showed: text and pictures, nothing that a browser would interpret."""
    raw = own.raw.get("outputs")
    made: list[Document] = []
    for output in raw if isinstance(raw, list) else ():
        if len(made) >= MOST_OUTPUTS:
            made.append(_stream("… (further outputs left out)"))
            break
        if isinstance(output, dict):
            made += _output(output, budget)
    return made


def _output(output: Document, budget: _Budget) -> Iterator[Document]:
    data = output.get("data")
    data = data if isinstance(data, dict) else {}
    for kind in sanitise.PICTURES:
        image = sanitise.picture(kind, data.get(kind))
        if image and len(image) <= budget.pictures:
            budget.pictures -= len(image)
            yield {"output_type": "display_data", "data": {kind: image}, "metadata": {}}
            return
    text = _text(output.get("text")) or _text(data.get("text/plain"))
    if output.get("output_type") == "error":
        text = _text(output.get("traceback"), "\n") or f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}"
    text = sanitise.plain(text)[: budget.text]
    if text.strip():
        budget.text -= len(text)
        yield _stream(text)


def _text(value: object, between: str = "") -> str:
    if isinstance(value, list):
        return between.join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""


def _verdict(record: Record, exercise: str) -> list[Document]:
    """What the checks said about an exercise, for its check cell. With what is for staff only."""
    entry = next((entry for entry in record["exercises"] if entry["id"] == exercise), None)
    if entry is None:
        return [_stream(f"not graded: {record['reason']}")]
    lines = [f"{entry['points']} of {entry['max']} points"]
    lines += [f"note: {entry['remark']}"] if entry["remark"] else []
    if entry["blocked_by"]:
        lines.append(f"needs {', '.join(entry['blocked_by'])}, which is not right here: decide what this is worth")
    for check in record["checks"]:
        if check["exercise"] != exercise:
            continue
        mark = MARKS.get(check["state"], "✗")
        lines.append(f"{mark} {check['points']}/{check['max']}  {check['title']}")
        if check["state"] != "passed":
            lines.append(f"    {check['state']}: {check['message']}")
            lines += [f"    hint: {check['hint']}"] if check["hint"] else []
        if check["detail"]:
            shown = sanitise.plain(check["detail"], 1_500).replace("\n", "\n    | ")
            lines.append(f"    for staff only:\n    | {shown}")
    return [_stream(sanitise.plain("\n".join(lines), 20_000))]


def _summary(record: Record, note: str) -> str:
    """What stands at the top. Not the student's name: the formgrader hides it from who marks."""
    provenance = record["provenance"]
    if record["state"] == GRADED:
        head = (
            f"**{record['total']} of {record['max']} points by checks.** The points of each exercise stand at its check"
        )
        lines = [f"{head} cell, with what the checks found; points typed there overrule them."]
    else:
        lines = [f"**Could not be graded:** {_quoted(record['reason'])}"]
    if noticed := suspicions(record):
        lines.append("**Did what honest answers hardly ever do** (staff only):")
        lines += [f"- {_quoted(line)}" for line in noticed]
    unanswered = [entry["id"] for entry in record["theory"] if not entry["answered"]]
    if unanswered:
        lines.append(f"No answer was found in the cells of {', '.join(unanswered)}.")
    lines += [_quoted(text) for text in (record.get("remark", ""), note) if text]
    digest = provenance.get("submission") or "unknown"
    lines.append(
        f"Graded {provenance.get('started', '')}, isolation {provenance.get('isolation')}, file `{digest[:12]}`."
    )
    return "\n\n".join(lines)


def _quoted(text: str) -> str:
    """Text from outside within our own Markdown: shown as it is."""
    return re.sub(r"([\\`*_{}\[\]()#$~|])", r"\\\1", sanitise.TAG.sub("< ", printable(" ".join(text.split()))))


def _no_answer(problem: str) -> str:
    return f"*The cell of {problem} is not in what was handed in; look at the cells that the student added.*"


def _rubrics(homework: Homework) -> dict[str, str]:
    """problem -> what a TA reads before the answer. Empty where the solved notebook is not there."""
    try:
        document = json.loads(solved_path(homework).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    sources = {cell["metadata"]["rubric"]: _source(cell) for cell in document["cells"] if "rubric" in cell["metadata"]}
    found = {}
    for problem in homework.theory:
        if problem.id in sources:
            head = f"**Rubric of {problem.id}: {format_points(problem.manual_points)} points by hand** (staff only)"
            found[problem.id] = f"{head}\n\n{sources[problem.id]}"
    return found


def _frame(cell: Document) -> Document:
    """A released cell, without outputs."""
    made = {key: cell[key] for key in ("cell_type", "id", "metadata") if key in cell} | {"source": _source(cell)}
    return made | ({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})


def _markdown(name: str, text: str, kind: str = NOTE) -> Document:
    return {"cell_type": "markdown", "id": name, "metadata": {KIND: kind}, "source": text}


def _stream(text: str) -> Document:
    return {"output_type": "stream", "name": "stdout", "text": text}


def _name(cell: Document) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])
