"""A mixture of logistic distributions, discretised to the levels of a pixel.

Source  Salimans, Karpathy, Chen & Kingma (2017), arXiv:1701.05517, section 2.1, Eq. (2).
Shapes  (...) any shape, K components.
Units   nats.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def dlm_log_prob(x: Tensor, logits: Tensor, mean: Tensor, log_scale: Tensor, levels: int) -> Tensor:
    """log P(x) (...) of whole numbers x (...) from 0 to levels - 1, in nats.

    logits, mean and log_scale are (..., K): component k has weight softmax(logits)_k and is a logistic distribution
    with that mean and scale exp(log_scale). The pixel x has the mass between x - 1/2 and x + 1/2; 0 has all the mass
    below 1/2 as well, and levels - 1 all the mass above levels - 3/2: the masses of all levels sum to 1. The logarithm
    and its gradients stay finite when a mass is too small for a floating-point number.
    """
    centred, scale = x[..., None] - mean, log_scale.exp()
    above, below = (centred + 0.5) / scale, (centred - 0.5) / scale
    # sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b)): no difference of two equal numbers anywhere
    inner = F.logsigmoid(above) + F.logsigmoid(-below) + torch.log(-torch.expm1(-1 / scale))
    log_mass = torch.where(x[..., None] == 0, F.logsigmoid(above), inner)
    log_mass = torch.where(x[..., None] == levels - 1, F.logsigmoid(-below), log_mass)
    return (logits.log_softmax(-1) + log_mass).logsumexp(-1)


def dlm_sample(
    logits: Tensor, mean: Tensor, log_scale: Tensor, levels: int, u_component: Tensor, u_logistic: Tensor
) -> Tensor:
    """Pixels (...) drawn from the distribution of `dlm_log_prob`: whole numbers, in the dtype that all arguments share.

    u_component and u_logistic (...) are uniform on (0, 1) and the only randomness: the first chooses one component, the
    second its value. Both together give every level the probability that `dlm_log_prob` says.
    """
    weights = logits.softmax(-1).cumsum(-1)
    k = (weights < u_component[..., None]).sum(-1, keepdim=True).clamp(max=logits.shape[-1] - 1)
    value = mean.gather(-1, k) + log_scale.gather(-1, k).exp() * torch.logit(u_logistic)[..., None]
    return value.squeeze(-1).round().clamp(0, levels - 1)
