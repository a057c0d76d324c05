"""Executed cells are kept until something changes that they import."""

import pytest

from lectures.site.cache import folder

FILES = {
    "lectures/notes/l01.md": "from solutions.hw1.made import MADE",
    "lectures/figures.py": "",
    "solutions/hw1/made.py": "",
    "solutions/hw2/vae.py": "",
    "homeworks/dgm/training.py": "",
    "requirements.txt": "",
}


@pytest.fixture
def repository(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "matters"),
    [
        ("solutions/hw1/made.py", True),
        ("homeworks/dgm/training.py", True),
        ("lectures/figures.py", True),
        ("requirements.txt", True),
        ("solutions/hw2/vae.py", False),
        ("lectures/notes/l01.md", False),
    ],
)
def test_what_cells_import_decides(repository, name, matters):
    before = folder(repository, repository / "cache")
    with (repository / name).open("a") as file:
        file.write("# changed\n")
    assert (folder(repository, repository / "cache") != before) == matters


def test_a_page_that_imports_more_is_looked_at(repository):
    before = folder(repository, repository / "cache")
    (repository / "lectures/notes/l02.md").write_text("from solutions.hw2.vae import VAE")
    assert folder(repository, repository / "cache") != before
