"""A linear flow, and the variational autoencoder that turns into it when its decoder's noise goes to zero.

Model   flow: x = W z + b. VAE: p(z) = N(0, I), p(x | z) = N(W z + b, s^2 I), q(z | x) the exact posterior.
Source  Nielsen, Jaini, Hoogeboom, Winther & Welling (2020), arXiv:2007.02731, sections 2.1-2.2; for the posterior
        Bishop (2006), Eqs. (2.116)-(2.117).
Shapes  B points, D dimensions of x and of z.
Units   nats.
"""

import torch
from torch import Tensor


def linear_flow_log_prob(W: Tensor, b: Tensor, x: Tensor) -> Tensor:
    """log p(x) (B,) of x = W z + b with z ~ N(0, I), for x (B, D), an invertible W (D, D) and b (D,), in nats."""
    z = torch.linalg.solve(W, (x - b).T).T
    return torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1) - torch.linalg.slogdet(W).logabsdet


def elbo_terms(W: Tensor, b: Tensor, x: Tensor, s: float, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """log p(z), log p(x | z) and log q(z | x), each (B,), at one draw of z for each x (B, D), in nats.

    p(z) = N(0, I), p(x | z) = N(W z + b, s^2 I) with a number s > 0, and q(z | x) is the exact posterior p(z | x). The
    draw is z = mean + A eps for standard normal eps (B, D), with any square root A A^T of the posterior's covariance.
    The first term plus the second minus the third is the ELBO from one draw.
    """
    root = torch.linalg.cholesky(torch.eye(len(b), dtype=W.dtype) + W.T @ W / s**2)  # precision = root root^T
    mean = torch.cholesky_solve(((x - b) @ W / s**2).T, root)
    z = (mean + torch.linalg.solve_triangular(root.T, eps.T, upper=True)).T
    standard = torch.distributions.Normal(0.0, 1.0)
    log_likelihood = torch.distributions.Normal(z @ W.T + b, s).log_prob(x).sum(1)
    return standard.log_prob(z).sum(1), log_likelihood, standard.log_prob(eps).sum(1) + root.diagonal().log().sum()
