"""The catalogue of an exercise's mistakes: one Markdown file, which is read like a chapter on what goes wrong.

`checks/<homework>/<exercise>.mistakes.md` looks so:

    # Mistakes in vae

    ## Base

        class VAE(nn.Module):
            ...

    ## kl

    Prose for whoever teaches this, perhaps.

    ### kl_sign: The KL has the wrong sign.

        -         kl = gaussian_kl(mean, log_std)
        +         kl = -gaussian_kl(mean, log_std)

`## kl` means that the mistakes below it lose points on the check `kl`. Below `### name: what is wrong, in a sentence`
stands the program, indented by four spaces: an edit of the base or, where the answer is built otherwise, whole code.
In an edit each line starts with `- ` (goes), `+ ` (comes) or two spaces (stays, and says where), and `...` stands
between places; what goes and stays must be in the base exactly once, blank lines aside. The base is what stands under
`## Base`, a right answer in a student's hand, and without one the reference's cell as `plain` writes it.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.checking import CheckFileError
from autograder.releasing.reference import last_line
from autograder.validation.mutants import Text

SUFFIX = ".mistakes.md"
WIDTH = 120
MISTAKE = re.compile(r"### (\w+): (\S.*)")
CHAPTER = re.compile(r"## (\w+)")
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
MULTILINE_SIGNATURE = re.compile(r"^( *)(def \w+\()\n((?:\1 .*\n)+)\1\):$", re.MULTILINE)


@dataclass(frozen=True)
class Mistake:
    """A plausible wrong answer. `source` is the cell that a student would have written; `check` has no `test_`."""

    name: str
    sentence: str
    check: str
    source: str


@dataclass(frozen=True)
class Catalogue:
    """The mistakes in an exercise, in the order of the file, and the right answer under `## Base`, "" without one."""

    base: str
    mistakes: tuple[Mistake, ...]


def read(path: Path, exercise: str, checks: Collection[str], reference: str) -> Catalogue:
    """Read a catalogue. `checks` are the names of the exercise's checks, `reference` is the reference's cell.

    Raises CheckFileError, which names the file and the heading, for whatever does not have the form above.
    """
    sections = list(_sections(path))
    if not sections or sections[0].heading != f"# Mistakes in {exercise}":
        raise CheckFileError(f"{_shown(path)} must start with `# Mistakes in {exercise}`")
    answer = plain(reference)  # what an edit changes
    base, chapter = "", ""
    chapters: set[str] = set()
    mistakes: dict[str, Mistake] = {}
    for section in sections:
        if found := MISTAKE.fullmatch(section.heading):
            name, sentence = found.groups()
            if not chapter:
                raise section.fault("stands under no check; `## <check>` must come first")
            if name in mistakes:
                raise section.fault("has a name that was used above")
            mistakes[name] = Mistake(name, sentence, chapter, section.program(answer))
        elif section.heading == "## Base":
            if base or chapter:
                raise section.fault("must come once and before all checks")
            answer = base = section.program(answer)
        elif found := CHAPTER.fullmatch(section.heading):
            chapter = found[1]
            if chapter not in checks:
                raise section.fault(f"names no check; there are {', '.join(checks)}")
            if chapter in chapters:
                raise section.fault("came before")
            chapters.add(chapter)
            section.refuse_code()
        elif section is sections[0]:
            section.refuse_code()
        else:
            raise section.fault("must be `## Base`, `## <check>` or `### <name>: <what is wrong, in a sentence>`")
    return Catalogue(base, tuple(mistakes.values()))


@dataclass
class Section:
    """A heading and the indented code below it, without the indent."""

    path: Path
    heading: str
    code: list[str] = field(default_factory=list)

    def fault(self, what: str) -> CheckFileError:
        return CheckFileError(f"{_shown(self.path)}, `{self.heading}` {what}")

    def refuse_code(self) -> None:
        if self.code:
            raise self.fault("has code, which belongs below a mistake")

    def program(self, base: str) -> str:
        """The code, or the base after this edit of it. Raises CheckFileError."""
        if not self.code:
            raise self.fault("has no code below it, indented by four spaces")
        is_edit = any(line[:1] in ("-", "+") for line in self.code)
        program = self._edited(base) if is_edit else "\n".join(self.code) + "\n"
        try:
            ast.parse(program)
        except SyntaxError as error:
            raise self.fault(f"is not a Python program: {error.msg}: {(error.text or '').strip()!r}") from None
        return program

    def _edited(self, base: str) -> str:
        lines = base.splitlines()
        for hunk in self._hunks():
            lines = self._with_hunk(lines, hunk)
        return "\n".join(lines) + "\n"

    def _hunks(self) -> list[list[tuple[str, str]]]:
        """The places of an edit, each a list of (mark, line)."""
        hunks: list[list[tuple[str, str]]] = [[]]
        for line in self.code:
            if line == "...":
                hunks.append([])
            elif line[:2] in ("- ", "+ ", "  ", "+"):
                hunks[-1].append((line[0], line[2:]))
            elif line:
                raise self.fault(f"is an edit, in which {line!r} starts neither with `- `, `+ ` nor with two spaces")
        return hunks

    def _with_hunk(self, lines: list[str], hunk: list[tuple[str, str]]) -> list[str]:
        """The lines after one place of an edit. Blank lines of the base count for nothing and stay."""
        old = [text for mark, text in hunk if mark != "+"]
        if all(mark == " " for mark, _ in hunk):
            raise self.fault("has a part that changes nothing")
        if not old:
            raise self.fault("adds lines and does not say where: put a line that stays above or below them")
        written = [number for number, line in enumerate(lines) if line]
        starts = [
            start
            for start in range(len(written))
            if [lines[number] for number in written[start : start + len(old)]] == old
        ]
        if len(starts) != 1:
            places = f"fits {len(starts)} places" if starts else "does not fit"
            raise self.fault(f"{places} in the answer that it edits: {old[0].strip()!r}")
        at = written[starts[0]]
        edited = lines[:at]
        for mark, text in hunk:
            if mark == "+":
                edited.append(text)
                continue
            while not lines[at]:
                edited.append("")
                at += 1
            if mark == " ":
                edited.append(text)
            at += 1
        return edited + lines[at:]


def _sections(path: Path) -> Iterator[Section]:
    """The headings of a file with the code below each. Raises CheckFileError for what is neither code nor prose."""
    section, prose = None, False
    for line in map(str.rstrip, path.read_text(encoding="utf-8").splitlines()):
        if line.startswith("#") or section is None:
            if section is not None:
                yield _trimmed(section)
            section, prose = Section(path, line), False
        elif line.startswith("    ") or not line:
            if line and prose and any(section.code):
                raise section.fault("has code in two pieces, with prose between them")
            prose = prose and not line
            section.code.append(line[4:])
        elif re.match(r"\s|```|[-+] |\.\.\.$", line):
            raise section.fault(f"has {line!r}, which is neither prose nor code indented by four spaces")
        else:
            prose = True
    if section is not None:
        yield _trimmed(section)


def _trimmed(section: Section) -> Section:
    """Without the blank lines around the code."""
    section.code = "\n".join(section.code).strip("\n").splitlines()
    return section


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


# --- a reference as a student would have written it -----------------------------------------------------------------


def plain(source: str) -> str:
    """Python without docstrings, comments and the annotations of signatures, which stand on one line where they fit.

    All else stays as it is written, line by line: no edit of it depends on the version of Python.
    """
    data = source.encode()
    for begin, end, instead in sorted(_cuts(source, ast.parse(source)), reverse=True):
        data = data[:begin] + instead + data[end:]
    text = MULTILINE_SIGNATURE.sub(_on_one_line, data.decode())
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n") + "\n"


def _cuts(source: str, tree: ast.Module) -> Iterator[tuple[int, int, bytes]]:
    """(begin, end, what comes instead) of all that `plain` leaves out, in bytes, which is how `ast` counts."""
    text = Text(source)
    data, starts, lines = text.bytes, text.starts, text.bytes.splitlines(keepends=True)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation:
            begin, end = text.span(node)
            default = re.compile(rb" *= *").match(data, end)
            yield begin + len(node.arg.encode()), default.end() if default else end, b"=" * bool(default)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            begin, end = text.span(node.returns)
            yield len(data[: data.rindex(b"->", 0, begin)].rstrip()), end, b""
        if isinstance(node, Documented) and _has_docstring(node):
            docstring = node.body[0]
            if len(node.body) == 1:
                yield *text.span(docstring), b"pass"
                continue
            after = last_line(docstring)
            while not lines[after].strip():
                after += 1
            yield starts[docstring.lineno - 1], starts[after], b""

    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            code = token.line[:column].rstrip()
            whole_line = not code
            yield starts[row - 1] + len(code.encode()), starts[row] - (0 if whole_line else 1), b""


def _has_docstring(node: Documented) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _on_one_line(signature: re.Match[str]) -> str:
    indent, start, parameters = signature.groups()
    joined = f"{indent}{start}{' '.join(map(str.strip, parameters.splitlines())).rstrip(',')}):"
    return joined if len(joined) <= WIDTH else signature[0]
