"""How the lectures' cells draw: figures as SVG in the course's colours, and explorers.

An explorer is a picture under sliders. Python computes every frame and draws the first one, so that a page without
script, or on paper, shows something right; the browser only exchanges the lines, cells and numbers of one frame for
those of another. No formula is left to it.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import dgm

if TYPE_CHECKING:
    from torch.utils.hooks import RemovableHandle

WIDTH, HEIGHT, MARGIN = 640, 270, 34
MOST_SECONDS = 60.0  # of CPU for the cells of a lecture

Curve = tuple[Sequence[float], Sequence[float]]


def setup(seed: int = 0) -> None:
    """What every lecture's first cell calls: seeds, the course's style, figures as SVG in the page's colours."""
    import matplotlib
    import tqdm.auto
    from matplotlib_inline.backend_inline import set_matplotlib_formats
    from tqdm.std import tqdm as plain_bar

    if errors := os.environ.get("LECTURES_SHAKEN"):
        shake(int(errors))
    tqdm.auto.tqdm = partial(plain_bar, disable=True)  # a progress bar would be an output of its cell
    dgm.setup(seed)
    set_matplotlib_formats("svg")
    matplotlib.rcParams.update(
        {
            "svg.hashsalt": "dgm",  # the same figure, the same bytes
            "svg.fonttype": "none",  # text stays text: it can be searched, and takes the page's font
            "text.color": "#1c2333",
            "figure.figsize": (6.8, 3.4),
            "savefig.transparent": True,
            "figure.facecolor": "none",
            "axes.facecolor": "none",
        }
    )


def shake(seed: int) -> RemovableHandle:
    """From now on every step of every optimiser makes an error as large as rounding, as on a processor of another kind.

    What a text says about a training must hold with any such errors; over some hundred steps they may grow to anything.
    `remove` of what is returned ends it.
    """
    import torch
    from torch.optim.optimizer import register_optimizer_step_post_hook

    generator = torch.Generator().manual_seed(seed)

    @torch.no_grad()
    def err(optimiser: torch.optim.Optimizer, *_: object) -> None:
        for parameter in (each for group in optimiser.param_groups for each in group["params"]):
            noise = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
            parameter.mul_(1 + 2 * torch.finfo(parameter.dtype).eps * noise)

    return register_optimizer_step_post_hook(err)


def finish(lecture: str) -> None:
    """What every lecture's last cell calls: the cells took no more than a minute of CPU time. Kept for the table."""
    seconds = time.process_time()
    if folder := os.environ.get("LECTURES_SECONDS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        Path(folder, f"{lecture}.txt").write_text(f"{seconds:.1f}\n")
    if seconds > MOST_SECONDS:
        raise AssertionError(f"the cells of {lecture} took {seconds:.0f} CPU seconds, more than {MOST_SECONDS:.0f}")


class CurveExplorer:
    """Curves under sliders.

    `sliders` maps each slider's name to its values, `start` holds the index where each begins; `frames` are row-major
    over the sliders' values, each {"curves": {name: (x, y)}, "readouts": {name: number}} with the same names in the
    same order. `fixed` are filled shapes that stay. Raises ValueError when the number of frames does not fit.
    """

    def __init__(
        self,
        title: str,
        alt: str,
        sliders: Mapping[str, Sequence[float]],
        start: Sequence[int],
        frames: Sequence[dict],
        xlim: tuple[float, float],
        ylim: tuple[float, float],
        fixed: Mapping[str, Curve] | None = None,
        ticks: Iterable[float] = (),
        yticks: Iterable[float] = (),
        xlabel: str = "",
    ) -> None:
        _require_frames(sliders, frames)
        self.title, self.alt, self.sliders, self.start, self.frames = title, alt, sliders, start, frames
        self.xlim, self.ylim, self.fixed = xlim, ylim, fixed or {}
        self.ticks, self.yticks, self.xlabel = list(ticks), list(yticks), xlabel

    def _repr_html_(self) -> str:
        first = self.frames[_index(self.sliders, self.start)]
        parts = [self._axes()]
        parts += [f'<path class="fixed" d="{self._path(curve)}"/>' for curve in self.fixed.values()]
        parts += [
            f'<path class="moving curve{i}" d="{self._path(curve)}"/>'
            for i, curve in enumerate(first["curves"].values())
        ]
        entries = [("fixed", name) for name in self.fixed]
        parts.append(_legend(entries + [(f"curve{i}", name) for i, name in enumerate(first["curves"])]))
        data = {"paths": [[self._path(curve) for curve in frame["curves"].values()] for frame in self.frames]}
        return _figure(self, HEIGHT, "".join(parts), data)

    def _place(self, x: float, y: float) -> tuple[float, float]:
        (left, right), (low, high) = self.xlim, self.ylim
        y = min(max(y, low), high)
        across = MARGIN + (x - left) / (right - left) * (WIDTH - 2 * MARGIN)
        down = HEIGHT - MARGIN - (y - low) / (high - low) * (HEIGHT - 2 * MARGIN)
        return round(across, 1), round(down, 1)

    def _path(self, curve: Curve) -> str:
        points = [self._place(float(x), float(y)) for x, y in zip(*curve, strict=True)]
        return "M" + "L".join(f"{x:g} {y:g}" for (x, y), _ in groupby(points))

    def _axes(self) -> str:
        parts = [f'<path class="axis" d="M{MARGIN} {HEIGHT - MARGIN}H{WIDTH - MARGIN}"/>']
        for tick in self.ticks:
            x, _ = self._place(tick, self.ylim[0])
            parts.append(f'<text class="tick" x="{x:g}" y="{HEIGHT - MARGIN + 19}">{tick:g}</text>')
        for tick in self.yticks:
            _, y = self._place(self.xlim[0], tick)
            parts.append(f'<path class="rule" d="M{MARGIN} {y:g}H{WIDTH - MARGIN}"/>')
            parts.append(f'<text class="ytick" x="{MARGIN - 5}" y="{y + 5:g}">{tick:g}</text>')
        if self.xlabel:
            x, y = WIDTH - MARGIN, HEIGHT - MARGIN - 7
            parts.append(f'<text class="label" x="{x}" y="{y}">{escape(self.xlabel)}</text>')
        return "".join(parts)


class GridExplorer:
    """A grid of cells of a few kinds under sliders; a click on a cell moves the first two sliders to it.

    The first two sliders are the row and the column, as whole numbers from 0. Each frame is {"cells": a matrix of
    kinds 0, 1, ..., "readouts": {name: number}}; `kinds` names them.
    """

    def __init__(
        self,
        title: str,
        alt: str,
        sliders: Mapping[str, Sequence[float]],
        start: Sequence[int],
        frames: Sequence[dict],
        kinds: Sequence[str],
    ) -> None:
        _require_frames(sliders, frames)
        self.title, self.alt, self.sliders, self.start, self.frames = title, alt, sliders, start, frames
        self.kinds = kinds

    def _repr_html_(self) -> str:
        first = self.frames[_index(self.sliders, self.start)]["cells"]
        side, left = 28, 60
        parts = [
            f'<rect class="cell kind{kind}" data-at="{row} {column}" x="{left + column * side}" y="{10 + row * side}" '
            f'width="{side - 2}" height="{side - 2}"/>'
            for row, line in enumerate(first)
            for column, kind in enumerate(line)
        ]
        right = left + len(first[0]) * side + 30
        for i, name in enumerate(self.kinds):
            parts.append(f'<rect class="kind{i}" x="{right}" y="{20 + 34 * i}" width="20" height="20"/>')
            parts.append(f'<text class="legend" x="{right + 30}" y="{36 + 34 * i}">{escape(name)}</text>')
        data = {"cells": ["".join(str(int(kind)) for line in frame["cells"] for kind in line) for frame in self.frames]}
        return _figure(self, 20 + len(first) * side, "".join(parts), data)


def _require_frames(sliders: Mapping[str, Sequence[float]], frames: Sequence[dict]) -> None:
    wanted = math.prod(len(values) for values in sliders.values())
    if len(frames) != wanted:
        raise ValueError(f"an explorer needs a frame for each of {wanted} positions of its sliders, got {len(frames)}")


def _index(sliders: Mapping[str, Sequence[float]], places: Sequence[int]) -> int:
    index = 0
    for values, place in zip(sliders.values(), places, strict=True):
        index = index * len(values) + place
    return index


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    parts = []
    for i, (kind, name) in enumerate(entries):
        y = 16 + 20 * i
        mark = f"M{WIDTH - 210} {y - 5}h26" + ("v8h-26z" if kind == "fixed" else "")
        parts.append(f'<path class="{kind}" d="{mark}"/>')
        parts.append(f'<text class="legend" x="{WIDTH - 176}" y="{y}">{escape(name)}</text>')
    return "".join(parts)


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e6 else f"{value:.3f}"


def _figure(explorer: CurveExplorer | GridExplorer, height: int, drawing: str, data: dict) -> str:
    start = _index(explorer.sliders, explorer.start)
    shown = [[_number(float(value)) for value in values] for values in explorer.sliders.values()]
    data |= {"sliders": shown, "texts": [[_number(v) for v in frame["readouts"].values()] for frame in explorer.frames]}
    inputs = "".join(
        f'<label><span>{escape(name)}</span> <b>{values[place]}</b> <input type="range" min="0" '
        f'max="{len(values) - 1}" step="1" value="{place}" aria-valuetext="{values[place]}"></label>'
        for name, values, place in zip(explorer.sliders, shown, explorer.start, strict=True)
    )
    readouts = "".join(
        f"<span>{escape(name)} <b>{text}</b></span>"
        for name, text in zip(explorer.frames[start]["readouts"], data["texts"][start], strict=True)
    )
    encoded = json.dumps(data, separators=(",", ":")).replace("</", "<\\/")
    return (
        f'<figure class="explorer"><figcaption>{escape(explorer.title)}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(explorer.alt)}">{drawing}</svg>'
        f'<div class="controls" hidden>{inputs}</div><output>{readouts}</output>'
        f'<script type="application/json">{encoded}</script></figure>'
    )
