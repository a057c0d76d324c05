"""Pictures of images, maps and matrices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from dgm.plots.style import (
    BLUE,
    INK,
    ORANGE,
    PAPER,
    RULE,
    VERMILION,
    WIDEST,
    Row,
    array_of,
    axes_of,
    bare,
    ink,
    picture,
    rgb,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@picture
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
    canvas = np.tile(rgb(RULE), (rows * (height + 1) + 1, columns * (width + 1) + 1, 1))
    for i, (image, mask) in enumerate(zip(pictures, given, strict=True)):
        top, left = (i // columns) * (height + 1) + 1, (i % columns) * (width + 1) + 1
        canvas[top : top + height, left : left + width] = ink(image, mask)
    for i in range(n, rows * columns):  # the empty places of the last row
        top, left = (i // columns) * (height + 1) + 1, (i % columns) * (width + 1) + 1
        canvas[top : top + height + 1, left : left + width + 1] = rgb(PAPER)
    scale = min(0.75, WIDEST / columns) if columns > 1 else 1.6
    size = (max(scale * columns, 2.4), scale * rows * height / width + (0.35 if title else 0.05))
    ax = axes_of(ax, size)
    ax.imshow(canvas, interpolation="nearest")
    return bare(ax, title)


@picture
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
    return Row(axes[0])


@picture
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

    grid = array_of(values)
    if grid.ndim != 2:
        raise ValueError(f"a map must have shape (H, W), got {grid.shape}")
    height, width = grid.shape
    cell = min(0.36, 3.6 / max(width, height))
    beside = 2.2 if grid.dtype == bool else 1.0  # inches for the legend or the colour bar
    ax = axes_of(ax, (cell * width + beside, max(cell * height, 0.9) + 0.45))
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


@picture
def show_matrices(matrices: Mapping[str, Tensor], title: str = "") -> list[Axes]:
    """Matrices beside each other, each under its name: masks, Jacobians, path counts.

    Row i is output i, as in a weight. Small matrices of whole numbers show them, masks of 0 and 1 do not need to.
    """
    import matplotlib.pyplot as plt

    if not matrices:
        raise ValueError("there is nothing to show: matrices is empty")
    arrays = {name: np.atleast_2d(array_of(matrix)).astype(float) for name, matrix in matrices.items()}
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
    return Row(axes[0])


def _images(images: Tensor) -> np.ndarray:
    """(N, H, W), float. Raises ValueError for another shape, and when there is nothing to show."""
    array = array_of(images).astype(float)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 3 or len(array) == 0:
        raise ValueError(f"images must have shape (N, 1, H, W) with N at least 1, got {tuple(np.shape(images))}")
    return array


def _mask_of(name: str, mask: Tensor | None, grid: np.ndarray) -> np.ndarray:
    """A mask (bool) of the map's shape; empty when there is none."""
    values = np.zeros_like(grid) if mask is None else array_of(mask).astype(bool)
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
    mask = array_of(known).astype(bool)
    if mask.ndim == 4:
        mask = mask[:, 0]
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(f"`known` has shape {tuple(np.shape(known))}, which does not fit images {shape}") from None
