"""What a source of submissions holds: a file, or the files of a folder, a zip or a tar, within limits.

nbgrader's zip_collect unpacks an archive as a whole before it looks at it, without a limit. Here each file is read out
of its archive when it is wanted, at most so many bytes of it, and no name in an archive ever becomes a path. Nothing is
unpacked to files: a tar becomes a zip in a temporary one, so that the same limits hold for it.

Names that are not in UTF-8 are read in the encoding that is said, or in a zip's own old one, code page 437. What reads
like no name then is left alone: a name in the wrong encoding is another student.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import struct
import tarfile
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from autograder.errors import AutograderError
from autograder.intake.submissions import LITTER
from autograder.notebooks.reading import MAX_BYTES

MOST_FILES = 20_000  # of one archive
MOST_NESTED = 2_000  # files of a zip in it
MOST_BYTES = 8 << 30  # of one archive, unpacked
LARGEST_NESTED = 256 << 20  # a zip in a zip is held in memory, one at a time
DEEPEST = 2  # zips in zips
ZIPS = (".zip",)
TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
ARCHIVES = (*ZIPS, *TARS)
NOT_OPENED = {".rar": "a RAR", ".7z": "a 7-Zip", ".gz": "a gzip", ".xz": "an xz", ".bz2": "a bzip2"}
TRY_THESE = ("cp866", "cp1251", "gbk")  # what names are shown in where nobody can tell
UNIX_TIME = 0x5455  # the extra field of a zip's entry that holds its time in UTC
DOS_EPOCH = (1980, 1, 1, 0, 0, 0)


class CollectError(AutograderError):
    """Nothing was collected; the sentence says why."""


class UnsafeError(Exception):
    """A file is left alone; the sentence says why."""


@dataclass(frozen=True)
class Found:
    """A file of the source. `read` gives its bytes, at most so many, or raises UnsafeError.

    `time` is what the outermost archive says of it, without a zone where the archive says none, and None for what lies
    in a folder or in an archive within the source: those are the student's own.
    """

    name: str
    read: Callable[[], bytes]
    problem: str = ""
    time: datetime | None = None


Opener = Callable[[], contextlib.AbstractContextManager[zipfile.ZipFile]]


def files_of(source: Path, opened: contextlib.ExitStack, encoding: str = "") -> Iterator[Found]:
    """Every file of the source. `encoding` is that of names which are not in UTF-8. Raises CollectError."""
    _known_encoding(encoding)
    if not source.exists():
        raise CollectError(f"there is no {source}")
    if source.is_dir():
        yield from _of_folder(source, encoding)
    elif zipfile.is_zipfile(source):
        archive = opened.enter_context(zipfile.ZipFile(source))
        yield from _of_archive(lambda: contextlib.nullcontext(archive), source.name, "", 0, encoding)
    elif (kind := not_opened(source.name)) or source.read_bytes()[:6] in (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"):
        raise CollectError(f"{source} is {kind or 'a RAR or 7-Zip'} archive; unpack it and name the folder")
    elif source.name.lower().endswith(TARS):
        try:
            packed = opened.enter_context(tempfile.SpooledTemporaryFile(max_size=64 << 20))
            _tar_as_zip(opened.enter_context(_open_file(source)), packed, MOST_BYTES >> 2)
            archive = opened.enter_context(zipfile.ZipFile(packed))
        except (OSError, UnsafeError, tarfile.TarError, EOFError, ValueError) as error:
            raise CollectError(f"{source} cannot be opened: {error}") from None
        yield from _of_archive(lambda: contextlib.nullcontext(archive), source.name, "", 0, encoding)
    elif source.name.lower().endswith(".ipynb") and source.is_file():
        yield Found(unicodedata.normalize("NFC", source.name), partial(_read_file, source))
    else:
        raise CollectError(f"{source} is neither a folder nor a zip file, a tar or a notebook")


def is_archive(name: str) -> bool:
    """Whether a file of that name is looked into."""
    return name.lower().endswith(ARCHIVES)


def without_ending(name: str) -> str:
    """The name of an archive without what says so."""
    ending = next((ending for ending in sorted(ARCHIVES, key=len, reverse=True) if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)]


def not_opened(name: str) -> str:
    """What kind of archive it is, by its name, that is not opened here; "" for anything else."""
    lower = name.lower()
    return "" if is_archive(lower) else next((kind for end, kind in NOT_OPENED.items() if lower.endswith(end)), "")


def _of_folder(folder: Path, encoding: str) -> Iterator[Found]:
    count = 0
    for where, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in LITTER)
        for name in sorted(names):
            count += 1
            if count > MOST_FILES:
                raise CollectError(f"{folder} has more than {MOST_FILES} files; nothing was collected")
            path = Path(where) / name
            shown = unicodedata.normalize("NFC", path.relative_to(folder).as_posix())
            if not stat.S_ISREG(path.lstat().st_mode):
                yield Found(shown, lambda: b"", "is a link or no ordinary file")
            elif name.lower().endswith(ZIPS) and not is_litter(shown):
                yield from _nested(partial(zipfile.ZipFile, path), shown, 1, encoding)
            elif name.lower().endswith(TARS) and not is_litter(shown):
                yield from _nested(partial(_opened_tar, partial(_open_file, path)), shown, 1, encoding)
            elif kind := not_opened(name):
                yield Found(shown, lambda: b"", f"is {kind} archive, which is not opened here; unpack it")
            else:
                yield Found(shown, partial(_read_file, path))


def _of_archive(reopen: Opener, called: str, prefix: str, depth: int, encoding: str) -> Iterator[Found]:
    """The files of an archive; `reopen` gives it again for each one that is read, so that none stays in memory."""
    with reopen() as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > (most := MOST_NESTED if depth else MOST_FILES):
        raise CollectError(f"{called} has {len(entries)} files, more than {most}")
    if (total := sum(entry.file_size for entry in entries)) > MOST_BYTES:
        raise CollectError(f"{called} unpacks to {total >> 20} MB, more than {MOST_BYTES >> 20}")
    seen: set[str] = set()
    for entry in entries:
        name, unreadable = _decoded(entry, encoding)
        shown = f"{prefix}{name}"
        problem = _problem(entry, name) or unreadable or ("is in the archive twice" if name in seen else "")
        time = _time(entry) if not depth else None
        seen.add(name)

        def read(entry: zipfile.ZipInfo = entry, limit: int = MAX_BYTES) -> bytes:
            with reopen() as again:
                return _read(again, entry, limit)

        if not problem and (kind := not_opened(name)):
            problem = f"is {kind} archive, which is not opened here; ask for a zip, or unpack it"
        if problem or not is_archive(name) or is_litter(name):
            yield Found(shown, read, problem, time)
        elif depth >= DEEPEST:
            yield Found(shown, read, "is a zip file in a zip file in a zip file")
        else:
            inside = partial(_opened_inner, partial(read, limit=LARGEST_NESTED), name.lower().endswith(TARS))
            for found in _nested(inside, shown, depth + 1, encoding):
                yield replace(found, time=time)


def _nested(reopen: Opener, shown: str, depth: int, encoding: str) -> Iterator[Found]:
    """An archive within the source: what is wrong with it costs only itself."""
    try:
        yield from _of_archive(reopen, "it", f"{shown}/", depth, encoding)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        UnsafeError,
        OSError,
        EOFError,
        NotImplementedError,
        ValueError,
    ) as error:
        yield Found(shown, lambda: b"", f"cannot be opened: {error}")
    except CollectError as error:
        yield Found(shown, lambda: b"", str(error))


def _opened_inner(read: Callable[[], bytes], tar: bool) -> zipfile.ZipFile:
    data = BytesIO(read())
    return _opened_tar(lambda: data) if tar else zipfile.ZipFile(data)


def _opened_tar(opener: Callable[[], IO[bytes]]) -> zipfile.ZipFile:
    packed = BytesIO()
    with opener() as file:
        _tar_as_zip(file, packed, LARGEST_NESTED)
    return zipfile.ZipFile(packed)


def _tar_as_zip(file: IO[bytes], packed: IO[bytes], most: int) -> None:
    """Write a tar as a zip, its files alone; raises UnsafeError once it has unpacked to more than `most` bytes.

    Members are read one after the other, for going back in a compressed tar means unpacking it anew.
    """
    total = 0
    with tarfile.open(fileobj=file, mode="r|*") as tar, zipfile.ZipFile(packed, "w") as archive:
        for count, member in enumerate(tar, start=1):
            total += member.size
            if total > most or count > MOST_FILES:
                raise UnsafeError(f"it unpacks to more than {most >> 20} MB or {MOST_FILES} files")
            if member.isdir():
                continue
            entry = zipfile.ZipInfo(member.name.removeprefix("./") or "?")
            entry.extra = struct.pack("<HHBI", UNIX_TIME, 5, 1, max(0, min(int(member.mtime), 2**32 - 1)))
            data = tar.extractfile(member) if member.isreg() and member.size <= LARGEST_NESTED else None
            if data is None:
                entry.external_attr = (stat.S_IFLNK | 0o777) << 16  # a link, a device: named, and not read
            archive.writestr(entry, data.read() if data else b"")
    packed.seek(0)


def _time(entry: zipfile.ZipInfo) -> datetime | None:
    """When an entry was changed, by its archive: in UTC where that is said, else on a clock that nobody names."""
    extra = entry.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == UNIX_TIME and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return datetime.fromtimestamp(struct.unpack("<i", extra[5:9])[0], UTC)
        extra = extra[4 + size :]
    try:
        return datetime(*entry.date_time) if entry.date_time > DOS_EPOCH else None
    except ValueError:
        return None


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


def _open_file(path: Path) -> IO[bytes]:
    return path.open("rb")


def _read_file(path: Path) -> bytes:
    with _open_file(path) as file:
        return _limited(file.read(MAX_BYTES + 1), MAX_BYTES)


def _limited(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise UnsafeError(f"has more than {limit >> 20} MB; ask for it without its outputs")
    return data


def _known_encoding(encoding: str) -> None:
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        raise CollectError(f"there is no encoding {encoding!r}; ENCODING={', '.join(TRY_THESE)} are some") from None


def _decoded(entry: zipfile.ZipInfo, encoding: str) -> tuple[str, str]:
    """An entry's name, and why it cannot be trusted.

    Many programs write UTF-8 without saying so, which zipfile takes for code page 437; others write their system's.
    """
    name = entry.filename
    if not entry.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            if encoding:
                try:
                    name = raw.decode(encoding)
                except UnicodeDecodeError:
                    return _normal(name), f"has a name that is not in {encoding}"
            elif _no_name(name):
                readings = ", ".join(f"{other} ({_reading(raw, other)!r})" for other in TRY_THESE)
                return _normal(name), f"has a name in an encoding that nobody says; ENCODING= may be {readings}"
    broken = "has a name that looks broken; pack it anew, or rename it" if _read_twice(name) else ""
    return _normal(name), broken


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _reading(raw: bytes, encoding: str) -> str:
    return raw.decode(encoding, "replace").lstrip("/").partition("/")[0][:40]


def _read_twice(name: str) -> bool:
    """Whether a name is UTF-8 that somebody took for another encoding and wrote down again, or has holes."""
    if "\ufffd" in name:
        return True
    for once in ("latin-1", "cp1252"):
        try:
            if name.encode(once).decode("utf-8") != name:
                return True
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return False


def _no_name(name: str) -> bool:
    """Whether what code page 437 makes of a name is none: it has signs or Greek in it, or hardly a letter of ASCII."""
    letters = [character for character in name.lstrip("/").partition("/")[0] if character.isalpha()]
    strange = [character for character in name if not character.isascii()]
    return (
        any(unicodedata.category(character) not in ("Lu", "Ll") for character in strange)
        or any(unicodedata.name(character, "").startswith("GREEK") for character in strange)
        or 2 * sum(not letter.isascii() for letter in letters) > len(letters)
    )


def is_litter(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return any(part in LITTER or part.startswith("._") for part in parts) or (bool(parts) and parts[-1].startswith("."))
