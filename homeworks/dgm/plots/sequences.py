"""Binary sequences, and what a model predicts of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from dgm.plots.style import BLUE, GREY, INK, ORANGE, RULE, VERMILION, WIDEST, array_of, axes_of, ink, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@picture
def show_sequences(x: Tensor, title: str = "", period: int | None = None, ax: Axes | None = None) -> Axes:
    """Bits (N, T), one sequence per row, time to the right; `period` draws a rule every so many steps."""
    bits = np.atleast_2d(array_of(x)).astype(float)
    n, length = bits.shape
    ax = axes_of(ax, (WIDEST * min(1.0, max(length, 24) / 64), 0.19 * n + 0.8))
    ax.imshow(ink(bits, np.ones(bits.shape, bool)), aspect="auto", interpolation="nearest")
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


@picture
def show_prediction(
    x: Tensor, probability: Tensor, title: str = "", period: int | None = None, ax: Axes | None = None
) -> Axes:
    """One binary sequence (T,) as dots and the predicted probability (T,) that each bit is 1 as bars.

    A bar is blue where it lies on the bit's side of one half and vermilion where not. `period` draws rules.
    """
    bits, chance = array_of(x).astype(float), array_of(probability)
    if bits.shape != chance.shape or bits.ndim != 1:
        raise ValueError(f"x and probability must have the same shape (T,), got {bits.shape} and {chance.shape}")
    ax = axes_of(ax, (WIDEST, 2.4))
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
