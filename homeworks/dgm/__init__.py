"""The student toolkit of the course Deep Generative Models: `import dgm; from dgm import check`.

Start        setup
Data         digits, period_sequences, gaussian_mixture, gaussian_mixture_log_prob, glyph, all_binary
Images       mnist, fashion_mnist, binarise, quantise
Markov       markov_chains, markov_entropy, MarkovVAE
Layers       MaskedConv2d, AutoregressiveMLP
Flows        CouplingFlow
Diffusion    UNet
Transport    solve_transport
Training     fit
Checking     check
Scoreboard   scoreboard
Pictures     show_images, show_gallery, show_curve, show_map, show_matrices, show_density, show_histogram, show_bars,
             show_lines, show_sequences, show_prediction

Every `show_...` draws with matplotlib and returns the Axes (a list where there are several), to be changed further.
matplotlib, scikit-learn, scipy and tqdm are imported, and packed images read, only when they are needed.
"""

from dgm.checking import ChecksFailed, UnknownExercise, check
from dgm.datasets import (
    all_binary,
    digits,
    gaussian_mixture,
    gaussian_mixture_log_prob,
    glyph,
    period_sequences,
)
from dgm.flows import CouplingFlow
from dgm.images import DataError, binarise, fashion_mnist, mnist, quantise
from dgm.layers import AutoregressiveMLP, MaskedConv2d
from dgm.markov import MarkovVAE, markov_chains, markov_entropy
from dgm.notebook import setup
from dgm.plots import (
    show_bars,
    show_curve,
    show_density,
    show_gallery,
    show_histogram,
    show_images,
    show_lines,
    show_map,
    show_matrices,
    show_prediction,
    show_sequences,
)
from dgm.scores import scoreboard
from dgm.training import fit
from dgm.transport import solve_transport
from dgm.unet import UNet

__all__ = [
    "AutoregressiveMLP",
    "ChecksFailed",
    "CouplingFlow",
    "DataError",
    "MarkovVAE",
    "MaskedConv2d",
    "UNet",
    "UnknownExercise",
    "all_binary",
    "binarise",
    "check",
    "digits",
    "fashion_mnist",
    "fit",
    "gaussian_mixture",
    "gaussian_mixture_log_prob",
    "glyph",
    "markov_chains",
    "markov_entropy",
    "mnist",
    "period_sequences",
    "quantise",
    "scoreboard",
    "setup",
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
    "solve_transport",
]
