"""What a source of submissions holds: the files of a folder or of a zip, within limits, and nothing unpacked.

nbgrader's zip_collect unpacks an archive as a whole before it looks at it, without a limit. Here each file is read out
of its archive when it is wanted, at most so many bytes of it, and no name in an archive ever becomes a path.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath

from autograder.errors import AutograderError
from autograder.intake.submissions import LITTER
from autograder.notebooks.reading import MAX_BYTES

MOST_FILES = 20_000  # of one archive
MOST_NESTED = 2_000  # files of a zip in it
MOST_BYTES = 8 << 30  # of one archive, unpacked
LARGEST_NESTED = 256 << 20  # a zip in a zip is held in memory, one at a time
DEEPEST = 2  # zips in zips


class CollectError(AutograderError):
    """Nothing was collected; the sentence says why."""


class UnsafeError(Exception):
    """A file is left alone; the sentence says why."""


@dataclass(frozen=True)
class Found:
    """A file of the source. `read` gives its bytes, at most so many, or raises UnsafeError."""

    name: str
    read: Callable[[], bytes]
    problem: str = ""


Opener = Callable[[], contextlib.AbstractContextManager[zipfile.ZipFile]]


def files_of(source: Path, opened: contextlib.ExitStack) -> Iterator[Found]:
    if source.is_dir():
        yield from _of_folder(source)
    elif zipfile.is_zipfile(source):
        archive = opened.enter_context(zipfile.ZipFile(source))
        yield from _of_archive(lambda: contextlib.nullcontext(archive), source.name, "", 0)
    elif not source.exists():
        raise CollectError(f"there is no {source}")
    else:
        raise CollectError(f"{source} is neither a folder nor a zip file")


def _of_folder(folder: Path) -> Iterator[Found]:
    count = 0
    for where, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in LITTER)
        for name in sorted(names):
            count += 1
            if count > MOST_FILES:
                raise CollectError(f"{folder} has more than {MOST_FILES} files; nothing was collected")
            path = Path(where) / name
            shown = path.relative_to(folder).as_posix()
            if not stat.S_ISREG(path.lstat().st_mode):
                yield Found(shown, lambda: b"", "is a link or no ordinary file")
            elif name.lower().endswith(".zip") and not is_litter(shown):
                yield from _nested(partial(zipfile.ZipFile, path), shown, 1)
            else:
                yield Found(shown, partial(_read_file, path))


def _of_archive(reopen: Opener, called: str, prefix: str, depth: int) -> Iterator[Found]:
    """The files of an archive; `reopen` gives it again for each one that is read, so that none stays in memory."""
    with reopen() as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > (most := MOST_NESTED if depth else MOST_FILES):
        raise CollectError(f"{called} has {len(entries)} files, more than {most}")
    if (total := sum(entry.file_size for entry in entries)) > MOST_BYTES:
        raise CollectError(f"{called} unpacks to {total >> 20} MB, more than {MOST_BYTES >> 20}")
    seen: set[str] = set()
    for entry in entries:
        name = _decoded(entry)
        shown = f"{prefix}{name}"
        problem = _problem(entry, name) or ("is in the archive twice" if name in seen else "")
        seen.add(name)

        def read(entry: zipfile.ZipInfo = entry, limit: int = MAX_BYTES) -> bytes:
            with reopen() as again:
                return _read(again, entry, limit)

        if problem or not name.lower().endswith(".zip") or is_litter(name):
            yield Found(shown, read, problem)
        elif depth >= DEEPEST:
            yield Found(shown, read, "is a zip file in a zip file in a zip file")
        else:
            inner = lambda read=read: zipfile.ZipFile(BytesIO(read(limit=LARGEST_NESTED)))  # noqa: E731
            yield from _nested(inner, shown, depth + 1)


def _nested(reopen: Opener, shown: str, depth: int) -> Iterator[Found]:
    """A zip within the source: what is wrong with it costs only itself."""
    try:
        yield from _of_archive(reopen, "it", f"{shown}/", depth)
    except (zipfile.BadZipFile, UnsafeError, OSError, NotImplementedError, ValueError) as error:
        yield Found(shown, lambda: b"", f"cannot be opened: {error}")
    except CollectError as error:
        yield Found(shown, lambda: b"", str(error))


def _problem(entry: zipfile.ZipInfo, name: str) -> str:
    """Why an entry of an archive is not even looked into."""
    mode = entry.external_attr >> 16
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or "\0" in name:
        return "has a path that leads out of the archive"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link or no ordinary file"
    if entry.flag_bits & 0x1:
        return "is encrypted"
    if entry.file_size > (LARGEST_NESTED if name.lower().endswith(".zip") else MAX_BYTES):
        return f"unpacks to {entry.file_size >> 20} MB, which is too much; ask for it without its outputs"
    return ""


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """The bytes of an entry; what the archive says of their number is not trusted."""
    try:
        with archive.open(entry) as file:
            data = file.read(limit + 1)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise UnsafeError(f"cannot be read: {error}") from None
    except Exception as error:  # zlib.error, lzma.LZMAError
        raise UnsafeError(f"is damaged: {error}") from None
    return _limited(data, limit)


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return _limited(file.read(MAX_BYTES + 1), MAX_BYTES)


def _limited(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise UnsafeError(f"has more than {limit >> 20} MB; ask for it without its outputs")
    return data


def _decoded(entry: zipfile.ZipInfo) -> str:
    """An entry's name. Many programs write UTF-8 without saying so, which zipfile takes for code page 437."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            pass
    return unicodedata.normalize("NFC", name)


def is_litter(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part in LITTER or part.startswith("._") for part in parts) or (bool(parts) and parts[-1].startswith("."))
