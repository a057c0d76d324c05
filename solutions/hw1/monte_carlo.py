"""Monte Carlo expectations with their error bar, and the histogram as a density model.

Source  Owen (2013), Monte Carlo theory, methods and examples, section 2.1: the error of a mean of n independent terms
        is its standard deviation over sqrt(n), whatever the dimension.
Shapes  n or N samples, K bins.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


def mc_expectation(
    f: Callable[[Tensor], Tensor],
    sampler: Callable[[int, torch.Generator], Tensor],
    n: int,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Estimate () of E[f(x)] and its standard error (), from n samples drawn in one call.

    `sampler(n, generator)` returns n independent samples (n, ...), and `f` maps them to n values (n,). The standard
    error is the standard deviation of the estimate, not that of one value.
    """
    values = f(sampler(n, generator))
    return values.mean(), values.std() / math.sqrt(n)


def histogram_density(x: Tensor, edges: Tensor) -> Tensor:
    """The histogram of x (N,) as a density: its height (K,) over each of the K bins between edges (K + 1,).

    The edges increase; the bins may differ in width. Points outside [edges[0], edges[-1]] are ignored and do not count
    as data, so that the density integrates to 1 over the range of the edges. A point on an inner edge counts once, in
    either of the two bins that meet there.

    Raises ValueError when no point lies in that range.
    """
    # How many points lie below each edge. numpy's sort is much faster than torch's, above all on what fits the cache.
    below = sum(torch.searchsorted(torch.from_numpy(np.sort(part)), edges) for part in x.split(16_384))
    below[-1] += (x == edges[-1]).sum()  # a point on the last edge belongs to the last bin
    n = below[-1] - below[0]
    if n == 0:
        raise ValueError("no point of x lies between the first and the last edge")
    return below.diff() / (n * edges.diff())
