"""Curves, densities, histograms and bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dgm.plots.style import (
    BLUE,
    CYCLE,
    GREY,
    INK,
    ORANGE,
    RULE,
    SKY,
    VERMILION,
    WIDEST,
    Numbers,
    array_of,
    axes_of,
    colours,
    dashes,
    line_styles,
    note,
    picture,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@picture
def show_curve(
    losses: Numbers | Mapping[str, Numbers],
    title: str = "",
    baseline: Mapping[str, float] | None = None,
    unit: str = "nats",
    ax: Axes | None = None,
) -> Axes:
    """Losses against epochs 1, 2, ...; one run, or several by name. Every baseline is a dashed line with its name."""
    from matplotlib.ticker import MaxNLocator

    runs = losses if isinstance(losses, Mapping) else {"training loss": losses}
    ax = axes_of(ax, (6.4, 3.4))
    longest = 1
    for colour, (name, values) in zip(colours(len(runs)), runs.items(), strict=True):
        values = array_of(values)
        longest = max(longest, len(values))
        ax.plot(np.arange(1, len(values) + 1), values, marker="o", ms=4, color=colour, label=name)
        if len(values):
            note(ax, len(values), values[-1], f"{values[-1]:.3f}", colour)
    for style, (name, value) in zip(dashes(), (baseline or {}).items(), strict=False):
        ax.axhline(value, color=GREY, lw=1.4, linestyle=style, label=f"{name}: {value:.3f}")
    ax.set(xlabel="epoch", ylabel=unit, xlim=(0.7, longest + max(0.6, 0.12 * longest)))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_title(title)
    if len(runs) > 1 or baseline:
        ax.legend()
    return ax


@picture
def show_lines(
    x: Numbers,
    curves: Mapping[str, Numbers],
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    points: Mapping[str, tuple[float, float]] | None = None,
    log: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Curves over the same x, each with its name; `points` are marked. `log` is "", "x", "y" or "xy"."""
    ax = axes_of(ax, (6.4, 3.6))
    x = array_of(x)
    for style, colour, (name, y) in zip(line_styles(), colours(len(curves)), curves.items(), strict=False):
        ax.plot(x, array_of(y), color=colour, linestyle=style, label=name)
    for marker, (name, (px, py)) in zip("oDs^v" * len(points or {}), (points or {}).items(), strict=False):
        ax.plot(float(px), float(py), marker=marker, ms=8, mfc=ORANGE, mec=INK, lw=0, label=name, zorder=4)
    if "x" in log:
        ax.set_xscale("log")
    if "y" in log:
        ax.set_yscale("log")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_title(title)
    if len(curves) + len(points or {}) > 1:
        ax.legend()
    return ax


@picture
def show_density(
    x: Numbers,
    curves: Mapping[str, Numbers],
    title: str = "",
    samples: Numbers | None = None,
    xlabel: str = "x",
    ax: Axes | None = None,
) -> Axes:
    """Densities on a grid x; the first, the truth, is a filled shape. `samples` are ticks along the axis."""
    ax = axes_of(ax, (6.4, 3.2))
    x = array_of(x)
    others = zip(line_styles(), CYCLE * len(curves), list(curves.items())[1:], strict=False)
    for name, y in list(curves.items())[:1]:
        ax.fill_between(x, array_of(y), color=RULE, label=name, lw=0)
    for style, colour, (name, y) in others:
        ax.plot(x, array_of(y), color=colour, linestyle=style, label=name)
    if samples is not None:
        samples = array_of(samples)
        ax.plot(samples, np.zeros_like(samples), "|", color=INK, alpha=min(1.0, 30 / len(samples) + 0.05), ms=12)
    ax.set(xlabel=xlabel, ylabel="density", xlim=(x.min(), x.max()))
    ax.set_ylim(bottom=0)
    ax.set_title(title)
    ax.legend()
    return ax


@picture
def show_histogram(
    edges: Numbers,
    density: Numbers,
    title: str = "",
    curve: tuple[Numbers, Numbers] | None = None,
    xlabel: str = "x",
    ax: Axes | None = None,
) -> Axes:
    """Bars of given heights (K,) between the edges (K + 1,); `curve` = (x, y) is the density they should follow."""
    edges, density = array_of(edges), array_of(density)
    if len(edges) != len(density) + 1:
        raise ValueError(f"K bars need K + 1 edges, got {len(density)} bars and {len(edges)} edges")
    ax = axes_of(ax, (6.4, 3.2))
    ax.stairs(density, edges, fill=True, color=SKY, alpha=0.55, label="histogram")
    ax.stairs(density, edges, color=BLUE, lw=0.8)
    if curve is not None:
        ax.plot(array_of(curve[0]), array_of(curve[1]), color=VERMILION, label="exact density")
        ax.legend()
    ax.set(xlabel=xlabel, ylabel="density")
    ax.set_ylim(bottom=0)
    ax.set_title(title)
    return ax


@picture
def show_bars(
    groups: Mapping[str, Numbers],
    labels: Sequence[str] | None = None,
    title: str = "",
    ylabel: str = "probability",
    ax: Axes | None = None,
) -> Axes:
    """Distributions on a finite alphabet beside each other: every group holds K numbers, under its name."""
    heights = {name: array_of(values) for name, values in groups.items()}
    sizes = {len(values) for values in heights.values()}
    if len(sizes) != 1:
        raise ValueError(f"every group must have the same number of bars, got {sorted(sizes)}")
    k = sizes.pop()
    ax = axes_of(ax, (min(WIDEST, max(4.6, 0.32 * k * len(groups) + 1.2)), 3.2))
    width = 0.8 / len(heights)
    for i, (colour, (name, values)) in enumerate(zip(colours(len(heights)), heights.items(), strict=True)):
        ax.bar(np.arange(k) + (i - (len(heights) - 1) / 2) * width, values, 0.92 * width, color=colour, label=name)
    ax.set_xticks(np.arange(k), labels=list(labels) if labels is not None else [str(i) for i in range(k)])
    ax.grid(False, axis="x")
    ax.set_ylabel(ylabel)
    ax.set_title(title)
    if len(heights) > 1:
        ax.legend()
    return ax
