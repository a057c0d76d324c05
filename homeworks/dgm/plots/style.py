"""What every picture shares: the colours, the style, the Axes that a picture is drawn on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def picture(draw: Callable) -> Callable:
    """The picture is what counts: keep IPython from printing the Axes when the call is the last line of a cell."""

    @wraps(draw)
    def drawn(*args: Any, **kwargs: Any) -> Any:
        picture = draw(*args, **kwargs)
        picture._ipython_display_ = lambda: None
        return picture

    return drawn


class Row(list):
    """Axes that stand beside each other."""


def axes_of(ax: Axes | None, size: tuple[float, float]) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def bare(ax: Axes, title: str) -> Axes:
    """An Axes that holds a picture only: no ticks, no frame, no grid."""
    ax.grid(False)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(title)
    return ax


def array_of(values: object) -> np.ndarray:
    return values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)


def ink(values: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Values in [0, 1] as colours (..., 3): ink on paper where given, orange where not."""
    share = np.nan_to_num(values).clip(0, 1)[..., None]
    plain = (1 - share) * rgb(PAPER) + share * rgb(INK)
    filled = (1 - share) * rgb(FILLED_PAPER) + share * rgb(FILLED_INK)
    return np.where(given[..., None], plain, filled)


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def colours(n: int) -> list[str]:
    return [CYCLE[i % len(CYCLE)] for i in range(n)]


def line_styles() -> list[str]:
    """Line styles that tell curves apart where one hides another, or without colour."""
    return ["-", "--", "-.", ":"] * 8


def dashes() -> list[Any]:
    return ["--", ":", "-.", (0, (5, 1, 1, 1, 1, 1))] * 4


def note(ax: Axes, x: float, y: float, text: str, colour: str) -> None:
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
