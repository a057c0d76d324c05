"""f-divergences between distributions on a finite set, and the alpha family that joins the two KLs.

Source  Csiszar (1967) for f-divergences; Bishop (2006), Eq. (10.19), for the convention of alpha (Amari's alpha with
        the opposite sign).
Shapes  K symbols; p and q are positive and sum to 1.
Units   nats at alpha = +-1.
"""

from collections.abc import Callable

from torch import Tensor


def f_divergence(p: Tensor, q: Tensor, f: Callable[[Tensor], Tensor]) -> Tensor:
    """D_f(p || q) = E_q[f(p / q)], (), for p (K,), q (K,) positive and f convex with f(1) = 0, applied elementwise.

    In this convention f(u) = u log u gives KL(p || q) and f(u) = -log u gives KL(q || p).
    """
    return (q * f(p / q)).sum()


def alpha_divergence(p: Tensor, q: Tensor, alpha: float) -> Tensor:
    """Alpha divergence of p (K,) from q (K,), (), for any real alpha:

    D_alpha(p || q) = 4 / (1 - alpha^2) * (1 - sum_k p_k^((1 + alpha) / 2) q_k^((1 - alpha) / 2)).

    At alpha = 1 and alpha = -1 this is 0 / 0, and the limits hold: KL(p || q) at +1, KL(q || p) at -1.
    Nearer to them than 1e-6 rounding may show.
    """
    log_ratio = p.log() - q.log()
    if alpha == 1:
        return (p * log_ratio).sum()
    if alpha == -1:
        return -(q * log_ratio).sum()
    # 1 - sum(...) cancels near alpha = +-1. As p and q sum to 1, it is a sum of small terms instead:
    # p (q / p)^((1 - alpha) / 2) - p near +1, and the same with p and q exchanged near -1.
    if alpha > 0:
        excess = (p * (-(1 - alpha) / 2 * log_ratio).expm1()).sum()
    else:
        excess = (q * ((1 + alpha) / 2 * log_ratio).expm1()).sum()
    return -4 * excess / ((1 - alpha) * (1 + alpha))
