"""The formulas that the theory problems of homework 2 end in, as small functions.

Units   nats.
"""

import math

from torch import Tensor


def mixture_elbo(R: Tensor, log_joint: Tensor) -> Tensor:
    """The evidence lower bound of a mixture for any responsibilities, summed over all points: (), in nats.

    R (N, K) holds a distribution over the K components in every row, entries >= 0 that sum to 1; log_joint (N, K)
    holds the finite numbers log p(x_n, component k). The bound is the sum over n of E[log_joint[n, k] - log R[n, k]]
    with k drawn from row n of R; a component with R[n, k] = 0 adds nothing.
    """
    log_R = R.log().where(R > 0, 0.0)  # where R is 0 it is multiplied by 0, and need only be finite
    return (R * (log_joint - log_R)).sum()


def estimator_variances(mean: float, std: float) -> tuple[float, float]:
    """Variances of two estimators of d/dmean E[z^2], z ~ N(mean, std^2), each from a single draw of z.

    The first belongs to the reparametrisation estimator, the second to the score-function estimator without a
    baseline. mean and std > 0 are numbers, and so are both results.
    """
    return 4 * std**2, (mean**4 + 14 * mean**2 * std**2 + 15 * std**4) / std**2


def iwae_two_point(p: float, a: float, b: float, K: int) -> float:
    """The importance-weighted bound L_K = E[log((w_1 + ... + w_K) / K)] for weights with two values, in nats.

    The K >= 1 weights are independent; each is a with probability p and b otherwise. a > 0, b > 0, 0 <= p <= 1 and K
    are numbers, and so is the result.
    """
    return sum(math.comb(K, j) * p**j * (1 - p) ** (K - j) * math.log((j * a + (K - j) * b) / K) for j in range(K + 1))


def linear_vae_kl(eigenvalue: float, noise_var: float) -> float:
    """KL(q(z_j | x) || p(z_j)), averaged over the data, of one latent dimension of the best linear VAE, in nats.

    `eigenvalue` > 0 is the eigenvalue of the data's covariance that belongs to the dimension's principal direction,
    `noise_var` > 0 the fixed variance of the decoder's isotropic Gaussian noise. Both are numbers; so is the result.
    """
    return max(0.0, 0.5 * math.log(eigenvalue / noise_var))
