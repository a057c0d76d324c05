"""A normalising flow as the prior of a latent variable model.

Source  Chen et al. (2017), "Variational lossy autoencoder", arXiv:1611.02731, section 3.2 (a learned autoregressive
        flow as the prior); Papamakarios et al. (2021), arXiv:1912.02762, Eq. (3), for the change of variables.
Shapes  n points or B data points, d latent dimensions.
Units   nats.
"""

import math

import torch
from torch import Tensor, nn


class FlowPrior(nn.Module):
    """A prior p(z) on vectors z of d numbers: the flow maps z to standard normal noise.

    `flow` is an invertible network. `flow(z)` for z (n, d) gives the pair (noise (n, d), log_det (n,)), where log_det
    is the logarithm of the absolute determinant of d noise / d z; `flow.inverse(noise)` gives z back.
    """

    def __init__(self, flow: nn.Module) -> None:
        super().__init__()
        self.flow = flow

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) of every row of z (n, d): (n,), in nats."""
        noise, log_det = self.flow(z)
        return (-0.5 * noise**2 - 0.5 * math.log(2 * math.pi)).sum(1) + log_det

    @torch.no_grad()
    def sample(self, eps: Tensor) -> Tensor:
        """Draw n points (n, d) from p(z): those that the flow maps to the standard normal noise eps (n, d)."""
        return self.flow.inverse(eps)

    def kl(self, mean: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
        """An estimate of KL(q(z | x_b) || p(z)) for every data point, from one draw each: (B,), in nats.

        mean and log_std (B, d) belong to the diagonal Gaussians q(z | x_b), and eps (B, d) is standard normal noise.
        The estimate is log q(z | x_b) - log p(z) at the z that eps makes. Its gradient reaches the parameters of the
        flow, mean and log_std.
        """
        z = mean + log_std.exp() * eps
        log_q = (-0.5 * eps**2 - log_std - 0.5 * math.log(2 * math.pi)).sum(1)
        return log_q - self.log_prob(z)
