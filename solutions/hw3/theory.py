"""The formulas that the theory problems of homework 3 end in, as small functions.

Units   nats.
"""

import torch
from torch import Tensor


def planar_log_det(z: Tensor, u: Tensor, w: Tensor, b: float) -> Tensor:
    """log |det df/dz| (B,) of the planar map f(z) = z + u tanh(w^T z + b), for z (B, D), u (D,), w (D,) and a number b.

    Costs O(B D): no matrix is made.
    """
    slope = 1 - torch.tanh(z @ w + b).square()
    return torch.log((1 + slope * (u @ w)).abs())


def gaussian_to_uniform(x: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    """The triangular map T (B, 2) under which a bivariate Gaussian becomes uniform on the unit square.

    x (B, 2), mean (2,), covariance (2, 2). The first coordinate of T depends on x_1 alone, the second on x_1 and x_2;
    each increases in its own x_i.
    """
    slope = covariance[0, 1] / covariance[0, 0]
    first = (x[:, 0] - mean[0]) / covariance[0, 0].sqrt()
    residual = x[:, 1] - mean[1] - slope * (x[:, 0] - mean[0])
    second = residual / (covariance[1, 1] - slope * covariance[0, 1]).sqrt()
    return torch.special.ndtr(torch.stack([first, second], 1))


def flow_vae_coefficient(W: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """The limit (B,) of (log p_s(x) - log p_flow(x)) / s^2 as s goes to 0, for x (B, D).

    p_s is the law of W z + b + s eps with independent standard normal z and eps (D,), and p_flow that of W z + b. W
    (D, D) is invertible, b (D,).
    """
    inverse = torch.linalg.inv(W @ W.T)
    return 0.5 * (((x - b) @ inverse).square().sum(1) - inverse.trace())


def dequantisation_bounds(heights: Tensor, widths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The uniform bound, the two-sample importance-weighted bound and log P(x) itself: three numbers (), in nats.

    On the cell [x, x + 1) the density is constant on J pieces: heights (J,) > 0, with widths (J,) > 0 that sum to 1.
    Both bounds are expectations over the noise, not estimates.
    """
    pairs = torch.log((heights[:, None] + heights) / 2)
    return widths @ heights.log(), widths @ pairs @ widths, torch.log(widths @ heights)
