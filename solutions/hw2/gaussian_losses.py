"""The two Gaussian terms of a variational autoencoder's loss, elementwise.

Source  Kingma & Welling (2014), arXiv:1312.6114, Appendix B (the KL to a standard normal) and C.2 (Gaussian decoder);
        here for any two univariate Gaussians.
Units   nats.
"""

import math

import torch
from torch import Tensor


def gaussian_kl(mean1: Tensor, log_std1: Tensor, mean2: Tensor | float = 0.0, log_std2: Tensor | float = 0.0) -> Tensor:
    """KL(N(mean1, std1^2) || N(mean2, std2^2)) of univariate Gaussians, elementwise, in nats.

    Each Gaussian is given by its mean and the logarithm of its standard deviation. mean1 and log_std1 are tensors;
    mean2 and log_std2 are tensors or numbers, by default the standard normal. The result has the shape to which all
    four broadcast: nothing is summed or averaged. It can be differentiated with respect to every tensor argument.
    """
    log_ratio = log_std1 - log_std2
    precision2 = torch.exp(-2 * torch.as_tensor(log_std2, dtype=log_ratio.dtype))
    return 0.5 * (torch.exp(2 * log_ratio) + precision2 * (mean1 - mean2) ** 2 - 1) - log_ratio


def gaussian_nll(x: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """-log N(x; mean, std^2) of univariate Gaussians, elementwise, in nats.

    log_std is the logarithm of the standard deviation. x, mean and log_std are tensors, and the result has the shape
    to which they broadcast: nothing is summed or averaged. No constant is left out: the values are densities that
    integrate to 1 over x. The result can be differentiated with respect to every argument.
    """
    return 0.5 * ((x - mean) * torch.exp(-log_std)) ** 2 + log_std + 0.5 * math.log(2 * math.pi)
