"""Importance weighting: a tighter bound, and what the weights are good for.

Source  Burda, Grosse & Salakhutdinov (2016), arXiv:1509.00519, section 3: the bound, Eq. (8), and the normalised
        weights, which are also the weights of its gradient.
Shapes  K draws per data point, B batch.
Units   nats.
"""

import math

from torch import Tensor


def iwae_bound(log_w: Tensor) -> Tensor:
    """The importance-weighted bound on log p(x) of every data point: (B,), in nats.

    log_w (K, B) holds the log weights log p(x, z_k) - log q(z_k | x) of K draws z_k from q(z | x) per data point. The
    bound is the logarithm of the mean of the K weights; with K = 1 it is the ELBO. It can be differentiated with
    respect to log_w, and it is finite for any finite log_w, however large or small the weights are.
    """
    return log_w.logsumexp(0) - math.log(log_w.shape[0])


def snis_weights(log_w: Tensor) -> Tensor:
    """The self-normalised importance weights (K, B): in proportion to the weights, with sum 1 over the K draws.

    log_w (K, B) as in `iwae_bound`. Averages under these weights estimate averages under the posterior p(z | x).
    """
    return log_w.softmax(0)
