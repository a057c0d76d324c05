"""Where executed cells are kept. jupyter-cache looks at a page's own cells; the folder's name stands for the rest."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path


def folder(repository: Path, base: Path) -> Path:
    """A folder under `base`, another one whenever something changes that cells import.

    That is the references of the homeworks that some page imports, the toolkit, what cells draw with, and the pins.
    """
    pages = "\n".join(page.read_text(encoding="utf-8") for page in repository.glob("lectures/notes/*.md"))
    homeworks = sorted(set(re.findall(r"\bsolutions\.(hw\d+)\b", pages)))
    files = [file for homework in homeworks for file in sorted(repository.glob(f"solutions/{homework}/*.py"))]
    files += sorted(repository.glob("homeworks/dgm/**/*.py"))
    files += [repository / "lectures" / "figures.py", repository / "requirements.txt"]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(repository).as_posix().encode() + b"\0" + file.read_bytes())
    return base / digest.hexdigest()[:12]
