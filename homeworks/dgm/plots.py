"""The pictures of the homeworks.

Every function draws on `ax` when it is given one, else on a new figure of a sensible size, and returns the Axes
(those that draw several return a list of them); a notebook shows the picture and does not print what was returned.
Ink on paper for binary images, the colours of Okabe and Ito (2008) for the rest: they differ for every reader.
matplotlib is imported when the first picture is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Numbers = Tensor | np.ndarray | Sequence[float]

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9"
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
INK, PAPER, RULE, GREY = "#1c2333", "#ffffff", "#d5d9e0", "#6b7280"
FILLED_INK, FILLED_PAPER = "#c24e00", "#fdebd8"  # pixels that a model wrote
WIDEST = 9.0  # inches


def use_style() -> None:
    """Set matplotlib's defaults to the course's style."""
    import matplotlib
    from cycler import cycler

    matplotlib.rcParams.update(
        {
            "figure.dpi": 110,
            "figure.figsize": (6.4, 3.6),
            "figure.constrained_layout.use": True,
            "font.size": 10.5,
            "axes.titlesize": 11.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlecolor": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": GREY,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=CYCLE),
            "grid.color": RULE,
            "grid.linewidth": 0.6,
            "xtick.color": GREY,
            "ytick.color": GREY,
            "lines.linewidth": 2.0,
            "legend.frameon": False,
            "image.cmap": "viridis",
            "image.interpolation": "nearest",
        }
    )


def _picture(draw: Callable) -> Callable:
    """The picture is what counts: keep IPython from printing the Axes when the call is the last line of a cell."""

    @wraps(draw)
    def drawn(*args: Any, **kwargs: Any) -> Any:
        picture = draw(*args, **kwargs)
        picture._ipython_display_ = lambda: None
        return picture

    return drawn


class _Row(list):
    """Axes that stand beside each other."""


# --- images -------------------------------------------------------------------------------------------------------


@_picture
def show_images(
    images: Tensor, columns: int = 10, title: str = "", known: Tensor | None = None, ax: Axes | None = None
) -> Axes:
    """Images (N, 1, H, W) or (N, H, W) with values in [0, 1], in rows of `columns`.

    `known` (N, 1, H, W), or one that broadcasts to it, is a mask of given pixels: what a model filled in is orange.
    """
    pictures = _images(images)
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    n, height, width = pictures.shape
    columns = min(columns, n)
    rows = math.ceil(n / columns)
    given = np.ones(pictures.shape, bool) if known is None else _mask_like(known, pictures.shape)
    # One canvas with a rule of one pixel around every image is much faster than a hundred Axes.
    canvas = np.tile(_rgb(RULE), (rows * (height + 1) + 1, columns * (width + 1) + 1, 1))
    for i, (image, mask) in enumerate(zip(pictures, given, strict=True)):
        top, left = (i // columns) * (height + 1) + 1, (i % columns) * (width + 1) + 1
        canvas[top : top + height, left : left + width] = _ink(image, mask)
    for i in range(n, rows * columns):  # the empty places of the last row
        top, left = (i // columns) * (height + 1) + 1, (i % columns) * (width + 1) + 1
        canvas[top : top + height + 1, left : left + width + 1] = _rgb(PAPER)
    scale = min(0.75, WIDEST / columns) if columns > 1 else 1.6
    size = (max(scale * columns, 2.4), scale * rows * height / width + (0.35 if title else 0.05))
    ax = _axes(ax, size)
    ax.imshow(canvas, interpolation="nearest")
    return _bare(ax, title)


@_picture
def show_gallery(
    groups: Mapping[str, Tensor], columns: int = 8, title: str = "", known: Tensor | None = None
) -> list[Axes]:
    """Groups of images beside each other, each under its name: data and samples, or before and after.

    With `known`, what a model filled in is orange in every group whose shape the mask fits.
    """
    import matplotlib.pyplot as plt

    if not groups:
        raise ValueError("there is nothing to show: groups is empty")
    shapes = [_images(images).shape for images in groups.values()]
    widths = [min(columns, shape[0]) for shape in shapes]
    tallest = max(
        math.ceil(shape[0] / width) * shape[1] / shape[2] for shape, width in zip(shapes, widths, strict=True)
    )
    scale = min(0.62, WIDEST / sum(widths))
    figure, axes = plt.subplots(
        1,
        len(groups),
        figsize=(max(scale * sum(widths) + 0.2 * len(groups), 1.6 * len(groups)), scale * tallest + 0.7),
        width_ratios=widths,
        squeeze=False,
        layout="constrained",
    )
    for ax, (name, images) in zip(axes[0], groups.items(), strict=True):
        fits = known is not None and _fits(known, _images(images).shape)
        show_images(images, columns, name, known if fits else None, ax=ax)
        ax.set_anchor("N")
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold", color=INK)
    return _Row(axes[0])


@_picture
def show_map(
    values: Tensor,
    centre: tuple[int, int] | None = None,
    title: str = "",
    blind: Tensor | None = None,
    never: Tensor | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A map of the image plane (H, W), with the pixel `centre` = (row, column) marked.

    A mask (bool) shows what that pixel sees in blue; `blind`, a second mask, what it misses in orange, hatched; what of
    that is in `never`, a third one, in vermilion, hatched crosswise. Numbers are drawn with a colour bar.
    """
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch, Rectangle

    grid = _array(values)
    if grid.ndim != 2:
        raise ValueError(f"a map must have shape (H, W), got {grid.shape}")
    height, width = grid.shape
    cell = min(0.36, 3.6 / max(width, height))
    beside = 2.2 if grid.dtype == bool else 1.0  # inches for the legend or the colour bar
    ax = _axes(ax, (cell * width + beside, max(cell * height, 0.9) + 0.45))
    legend = []
    if grid.dtype == bool:
        hidden, lost = _mask_of("blind", blind, grid), _mask_of("never", never, grid)
        kinds = {"blind": (hidden & ~lost, ORANGE, "////"), "never": (hidden & lost, VERMILION, "xxxx")}
        if lost.any():
            kinds["not yet"] = kinds.pop("blind")
        shown = grid.astype(int)
        legend = [Patch(facecolor=BLUE, label=f"seen ({int(grid.sum())})")]
        for number, (name, (mask, colour, hatch)) in enumerate(kinds.items(), start=2):
            shown[mask & ~grid] = number
            for row, column in np.argwhere(mask & ~grid):
                ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch=hatch, edgecolor=PAPER, lw=0))
            if mask.any():
                legend.append(
                    Patch(facecolor=colour, hatch=hatch, edgecolor=PAPER, label=f"{name} ({int(mask.sum())})")
                )
        colours = ["#eef0f3", BLUE, *(colour for _, colour, _ in kinds.values())]
        ax.imshow(shown, cmap=ListedColormap(colours), vmin=0, vmax=3)
    else:
        ax.figure.colorbar(ax.imshow(grid), ax=ax, shrink=0.85)
    if centre is not None:
        row, column = centre
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=INK, lw=2.5, zorder=3))
        ax.plot(column, row, marker="x", color=INK if not grid[row, column] else PAPER, ms=7, mew=2, zorder=4, lw=0)
        if legend:
            legend.append(Patch(facecolor="none", edgecolor=INK, lw=2, label=f"the pixel ({row}, {column})"))
    ax.set_xticks(np.arange(width + 1) - 0.5, labels=[])
    ax.set_yticks(np.arange(height + 1) - 0.5, labels=[])
    ax.tick_params(length=0)
    ax.grid(True, color=PAPER, linewidth=1.0)
    ax.set_axisbelow(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(title)
    if legend:
        ax.set_anchor("W")  # keeps the legend inside the figure when the map is narrower than its place
        ax.legend(handles=legend, loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=1.1, handleheight=1.1)
    return ax


@_picture
def show_matrices(matrices: Mapping[str, Tensor], title: str = "") -> list[Axes]:
    """Matrices beside each other, each under its name: masks, Jacobians, path counts.

    Row i is output i, as in a weight. Small matrices of whole numbers show them, masks of 0 and 1 do not need to.
    """
    import matplotlib.pyplot as plt

    if not matrices:
        raise ValueError("there is nothing to show: matrices is empty")
    arrays = {name: np.atleast_2d(_array(matrix)).astype(float) for name, matrix in matrices.items()}
    widths = [max(array.shape[1], 3) for array in arrays.values()]
    tallest = max(array.shape[0] for array in arrays.values())
    scale = min(0.3, WIDEST / sum(widths))
    figure, axes = plt.subplots(
        1,
        len(arrays),
        figsize=(max(scale * sum(widths) + 0.5 * len(arrays), 1.9 * len(arrays)), max(scale * tallest, 1.2) + 0.8),
        width_ratios=widths,
        squeeze=False,
        layout="constrained",
    )
    for ax, (name, array) in zip(axes[0], arrays.items(), strict=True):
        top = max(float(np.abs(array).max()), 1.0)
        signed = bool((array < 0).any())
        ax.imshow(array, cmap="PuOr" if signed else "Blues", vmin=-top if signed else 0, vmax=top)
        if top > 1 and not signed and (array == array.round()).all() and array.size <= 144:
            for (i, j), value in np.ndenumerate(array):
                ax.text(j, i, f"{value:.0f}", ha="center", va="center", color=PAPER if value > 0.6 * top else INK)
        ax.set_xticks(np.arange(array.shape[1] + 1) - 0.5, labels=[])
        ax.set_yticks(np.arange(array.shape[0] + 1) - 0.5, labels=[])
        ax.tick_params(length=0)
        ax.grid(True, color=RULE, linewidth=0.6)
        ax.set_axisbelow(False)
        ax.set_title(name)
        ax.set_xlabel(f"{array.shape[0]} × {array.shape[1]}")
        ax.set_anchor("N")
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold", color=INK)
    return _Row(axes[0])


# --- lines --------------------------------------------------------------------------------------------------------


@_picture
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
    ax = _axes(ax, (6.4, 3.4))
    longest = 1
    for colour, (name, values) in zip(_colours(len(runs)), runs.items(), strict=True):
        values = _array(values)
        longest = max(longest, len(values))
        ax.plot(np.arange(1, len(values) + 1), values, marker="o", ms=4, color=colour, label=name)
        if len(values):
            _note(ax, len(values), values[-1], f"{values[-1]:.3f}", colour)
    for style, (name, value) in zip(_dashes(), (baseline or {}).items(), strict=False):
        ax.axhline(value, color=GREY, lw=1.4, linestyle=style, label=f"{name}: {value:.3f}")
    ax.set(xlabel="epoch", ylabel=unit, xlim=(0.7, longest + max(0.6, 0.12 * longest)))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_title(title)
    if len(runs) > 1 or baseline:
        ax.legend()
    return ax


@_picture
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
    ax = _axes(ax, (6.4, 3.6))
    x = _array(x)
    for style, colour, (name, y) in zip(_lines(), _colours(len(curves)), curves.items(), strict=False):
        ax.plot(x, _array(y), color=colour, linestyle=style, label=name)
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


@_picture
def show_density(
    x: Numbers,
    curves: Mapping[str, Numbers],
    title: str = "",
    samples: Numbers | None = None,
    xlabel: str = "x",
    ax: Axes | None = None,
) -> Axes:
    """Densities on a grid x; the first, the truth, is a filled shape. `samples` are ticks along the axis."""
    ax = _axes(ax, (6.4, 3.2))
    x = _array(x)
    others = zip(_lines(), CYCLE * len(curves), list(curves.items())[1:], strict=False)
    for name, y in list(curves.items())[:1]:
        ax.fill_between(x, _array(y), color=RULE, label=name, lw=0)
    for style, colour, (name, y) in others:
        ax.plot(x, _array(y), color=colour, linestyle=style, label=name)
    if samples is not None:
        samples = _array(samples)
        ax.plot(samples, np.zeros_like(samples), "|", color=INK, alpha=min(1.0, 30 / len(samples) + 0.05), ms=12)
    ax.set(xlabel=xlabel, ylabel="density", xlim=(x.min(), x.max()))
    ax.set_ylim(bottom=0)
    ax.set_title(title)
    ax.legend()
    return ax


@_picture
def show_histogram(
    edges: Numbers,
    density: Numbers,
    title: str = "",
    curve: tuple[Numbers, Numbers] | None = None,
    xlabel: str = "x",
    ax: Axes | None = None,
) -> Axes:
    """Bars of given heights (K,) between the edges (K + 1,); `curve` = (x, y) is the density they should follow."""
    edges, density = _array(edges), _array(density)
    if len(edges) != len(density) + 1:
        raise ValueError(f"K bars need K + 1 edges, got {len(density)} bars and {len(edges)} edges")
    ax = _axes(ax, (6.4, 3.2))
    ax.stairs(density, edges, fill=True, color=SKY, alpha=0.55, label="histogram")
    ax.stairs(density, edges, color=BLUE, lw=0.8)
    if curve is not None:
        ax.plot(_array(curve[0]), _array(curve[1]), color=VERMILION, label="exact density")
        ax.legend()
    ax.set(xlabel=xlabel, ylabel="density")
    ax.set_ylim(bottom=0)
    ax.set_title(title)
    return ax


@_picture
def show_bars(
    groups: Mapping[str, Numbers],
    labels: Sequence[str] | None = None,
    title: str = "",
    ylabel: str = "probability",
    ax: Axes | None = None,
) -> Axes:
    """Distributions on a finite alphabet beside each other: every group holds K numbers, under its name."""
    heights = {name: _array(values) for name, values in groups.items()}
    sizes = {len(values) for values in heights.values()}
    if len(sizes) != 1:
        raise ValueError(f"every group must have the same number of bars, got {sorted(sizes)}")
    k = sizes.pop()
    ax = _axes(ax, (min(WIDEST, max(4.6, 0.32 * k * len(groups) + 1.2)), 3.2))
    width = 0.8 / len(heights)
    for i, (colour, (name, values)) in enumerate(zip(_colours(len(heights)), heights.items(), strict=True)):
        ax.bar(np.arange(k) + (i - (len(heights) - 1) / 2) * width, values, 0.92 * width, color=colour, label=name)
    ax.set_xticks(np.arange(k), labels=list(labels) if labels is not None else [str(i) for i in range(k)])
    ax.grid(False, axis="x")
    ax.set_ylabel(ylabel)
    ax.set_title(title)
    if len(heights) > 1:
        ax.legend()
    return ax


# --- sequences ----------------------------------------------------------------------------------------------------


@_picture
def show_sequences(x: Tensor, title: str = "", period: int | None = None, ax: Axes | None = None) -> Axes:
    """Bits (N, T), one sequence per row, time to the right; `period` draws a rule every so many steps."""
    bits = np.atleast_2d(_array(x)).astype(float)
    n, length = bits.shape
    ax = _axes(ax, (WIDEST * min(1.0, max(length, 24) / 64), 0.19 * n + 0.8))
    ax.imshow(_ink(bits, np.ones(bits.shape, bool)), aspect="auto", interpolation="nearest")
    ax.set_yticks(np.arange(n + 1) - 0.5, labels=[])
    ax.tick_params(axis="y", length=0)
    ax.grid(False)
    ax.grid(True, axis="y", color=RULE, linewidth=0.8)
    if period:
        for step in range(period, length, period):
            ax.axvline(step - 0.5, color=ORANGE, lw=1.6)
        ax.set_xticks(range(0, length, period))
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)
    ax.set_axisbelow(False)
    ax.set(xlabel="step", ylabel="sequence")
    ax.set_title(title)
    return ax


@_picture
def show_prediction(
    x: Tensor, probability: Tensor, title: str = "", period: int | None = None, ax: Axes | None = None
) -> Axes:
    """One binary sequence (T,) as dots and the predicted probability (T,) that each bit is 1 as bars.

    A bar is blue where it lies on the bit's side of one half and vermilion where not. `period` draws rules.
    """
    bits, chance = _array(x).astype(float), _array(probability)
    if bits.shape != chance.shape or bits.ndim != 1:
        raise ValueError(f"x and probability must have the same shape (T,), got {bits.shape} and {chance.shape}")
    ax = _axes(ax, (WIDEST, 2.4))
    steps = np.arange(len(bits))
    right = (chance > 0.5) == (bits > 0.5)
    for mask, colour, name in ((right, BLUE, "on the right side"), (~right, VERMILION, "on the wrong side")):
        ax.bar(steps[mask], chance[mask] - 0.5, 0.8, bottom=0.5, color=colour, alpha=0.75, label=name)
    ax.scatter(steps, bits, s=22, color=INK, zorder=3, label="the bit")
    if period:
        for step in range(period, len(bits), period):
            ax.axvline(step - 0.5, color=ORANGE, lw=1.6)
        ax.set_xticks(range(0, len(bits), period))
    ax.axhline(0.5, color=GREY, lw=0.8)
    ax.set(xlabel="step", ylabel="P(bit = 1)", xlim=(-0.7, len(bits) - 0.3), ylim=(-0.08, 1.08), yticks=(0, 0.5, 1))
    ax.grid(False, axis="x")
    ax.set_title(title)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return ax


# --- details ------------------------------------------------------------------------------------------------------


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def _bare(ax: Axes, title: str) -> Axes:
    """An Axes that holds a picture only: no ticks, no frame, no grid."""
    ax.grid(False)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(title)
    return ax


def _array(values: object) -> np.ndarray:
    return values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)


def _images(images: Tensor) -> np.ndarray:
    """(N, H, W), float. Raises ValueError for another shape, and when there is nothing to show."""
    array = _array(images).astype(float)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 3 or len(array) == 0:
        raise ValueError(f"images must have shape (N, 1, H, W) with N at least 1, got {tuple(np.shape(images))}")
    return array


def _mask_of(name: str, mask: Tensor | None, grid: np.ndarray) -> np.ndarray:
    """A mask (bool) of the map's shape; empty when there is none."""
    values = np.zeros_like(grid) if mask is None else _array(mask).astype(bool)
    if values.shape != grid.shape:
        raise ValueError(f"`{name}` must have the shape of the map {grid.shape}, got {values.shape}")
    return values


def _fits(known: Tensor, shape: tuple[int, ...]) -> bool:
    try:
        _mask_like(known, shape)
    except ValueError:
        return False
    return True


def _mask_like(known: Tensor, shape: tuple[int, ...]) -> np.ndarray:
    """The mask (N, 1, H, W), (N, H, W) or (H, W) at the shape (N, H, W)."""
    mask = _array(known).astype(bool)
    if mask.ndim == 4:
        mask = mask[:, 0]
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(f"`known` has shape {tuple(np.shape(known))}, which does not fit images {shape}") from None


def _ink(values: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Values in [0, 1] as colours (..., 3): ink on paper where given, orange where not."""
    share = np.nan_to_num(values).clip(0, 1)[..., None]
    plain = (1 - share) * _rgb(PAPER) + share * _rgb(INK)
    filled = (1 - share) * _rgb(FILLED_PAPER) + share * _rgb(FILLED_INK)
    return np.where(given[..., None], plain, filled)


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def _colours(n: int) -> list[str]:
    return [CYCLE[i % len(CYCLE)] for i in range(n)]


def _lines() -> list[str]:
    """Line styles that tell curves apart where one hides another, or without colour."""
    return ["-", "--", "-.", ":"] * 8


def _dashes() -> list[Any]:
    return ["--", ":", "-.", (0, (5, 1, 1, 1, 1, 1))] * 4


def _note(ax: Axes, x: float, y: float, text: str, colour: str) -> None:
    ax.annotate(
        text,
        (x, y),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        fontsize=9.5,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
    )
