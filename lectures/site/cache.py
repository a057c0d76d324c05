"""Where executed cells are kept. jupyter-cache looks at a page's own cells; the folder's name stands for the rest."""

from __future__ import annotations

import hashlib
from pathlib import Path


def folder(repository: Path, base: Path) -> Path:
    """A folder under `base`, another one whenever something changes that cells import."""
    files = sorted(
        [
            *repository.glob("solutions/**/*.py"),
            *repository.glob("homeworks/dgm/**/*.py"),
            repository / "lectures" / "figures.py",
            repository / "requirements.txt",
        ]
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(repository).as_posix().encode() + b"\0" + file.read_bytes())
    return base / digest.hexdigest()[:12]
