"""Where the benchmark writes, and how much of everything it does."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import ROOT

BUILD = ROOT / "build" / "bench"
LOGS = BUILD / "logs"


@dataclass(frozen=True)
class Sizes:
    """Submissions of each part. The peers run every notebook, so of the heavy homework they get few."""

    light: int = 150  # fifty of each kind
    heavy: int = 3
    heavy_ours: int = 12
    scale: tuple[int, ...] = (10, 50, 100)
    workers: int = 24  # one worker against two, a pool against a cluster
    course: tuple[int, ...] = (100, 500)  # students, each with every homework
    rounds: int = 1  # of the same comparison; the shortest run of each counts


QUICK = Sizes(light=6, heavy=3, heavy_ours=3, scale=(3, 12), workers=6, course=(3, 6))
USUAL = Sizes()
FULL = Sizes(heavy=6, heavy_ours=50, scale=(10, 50, 200), workers=50, course=(500, 1_500), rounds=2)


def environment(root: Path, home: Path = BUILD / "home") -> dict[str, str]:
    """The variables of a measured command: one thread, the packages of `root`, and no settings of the user's."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE") if name in os.environ}
    paths = os.pathsep.join([str(root), str(root / "homeworks")])
    one = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}
    return kept | one | {"PYTHONPATH": paths, "HOME": str(home), "MPLBACKEND": "Agg"}


def keep(part: str, found: dict[str, Any]) -> Path:
    """Write what a part measured to build/bench/<part>.json."""
    path = BUILD / f"{part}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return path
