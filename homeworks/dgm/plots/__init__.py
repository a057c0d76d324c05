"""The pictures of the homeworks: images, lines, sequences, in one style.

Every function draws on `ax` when it is given one, else on a new figure of a sensible size, and returns the Axes
(those that draw several return a list of them); a notebook shows the picture and does not print what was returned.
Ink on paper for binary images, the colours of Okabe and Ito (2008) for the rest: they differ for every reader.
matplotlib is imported when the first picture is drawn.
"""

from dgm.plots.images import show_gallery, show_images, show_map, show_matrices
from dgm.plots.lines import show_bars, show_curve, show_density, show_histogram, show_lines
from dgm.plots.sequences import show_prediction, show_sequences
from dgm.plots.style import use_style

__all__ = [
    "show_bars",
    "show_curve",
    "show_density",
    "show_gallery",
    "show_histogram",
    "show_images",
    "show_lines",
    "show_map",
    "show_matrices",
    "show_prediction",
    "show_sequences",
    "use_style",
]
