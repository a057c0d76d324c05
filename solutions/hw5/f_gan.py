"""f-GAN: any f-divergence, estimated by a critic.

Source  Nowozin, Cseke & Tomioka (2016), arXiv:1606.00709, Eq. (4) for the bound, Tables 1 and 6 for the functions.
Names   f(u) of a ratio u = p / q: "kl" u log u; "reverse_kl" -log u; "pearson" (u - 1)^2; "hellinger"
        (sqrt(u) - 1)^2; "js" u log u - (u + 1) log((u + 1) / 2); "gan" u log u - (u + 1) log(u + 1).
Units   nats where f has logarithms.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def conjugate(name: str, t: Tensor) -> Tensor:
    """The convex conjugate f*(t) = sup over u > 0 of (t u - f(u)) at every entry of t.

    It is infinite where the supremum is. Raises ValueError for a name that is not one of the six.
    """
    inside = t.lt(_upper_end(name))
    safe = t.where(inside, torch.full_like(t, -1.0))  # any number of the domain
    if name == "kl":
        value = (safe - 1).exp()
    elif name == "reverse_kl":
        value = -1 - (-safe).log()
    elif name == "pearson":
        value = (safe.square() / 4 + safe).where(safe > -2, torch.full_like(t, -1.0))  # below -2 the best u is 0
    elif name == "hellinger":
        value = safe / (1 - safe)
    elif name == "js":
        value = -torch.log(2 - safe.exp())
    else:
        value = -torch.log(-torch.expm1(safe))
    return value.where(inside, torch.full_like(t, math.inf))


def activation(name: str, v: Tensor) -> Tensor:
    """What turns the output v of a network into a number of the domain of f*, at every entry.

    In the order above: v, -exp(-v), v, 1 - exp(-v), log 2 - log(1 + exp(-v)), -log(1 + exp(-v)). Raises ValueError
    for a name that is not one of the six.
    """
    _upper_end(name)  # is the name known?
    if name in ("kl", "pearson"):
        return v
    if name == "reverse_kl":
        return -torch.exp(-v)
    if name == "hellinger":
        return -torch.expm1(-v)
    return F.logsigmoid(v) + (math.log(2) if name == "js" else 0.0)


def f_gan_bound(name: str, v_real: Tensor, v_fake: Tensor) -> Tensor:
    """The lower bound on D_f(p || q) that a critic proves: mean T(x), x from p, minus mean f*(T(x)), x from q: ().

    v_real (N,) and v_fake (M,) are the outputs of the network at points of p and of q, before the activation; T is
    their activation. The critic maximises the bound, so it can be differentiated with respect to both. It is right in
    float64 for outputs of any size up to 100. Raises ValueError for a name that is not one of the six.
    """
    return activation(name, v_real).mean() - _conjugate_of_activation(name, v_fake).mean()


def _upper_end(name: str) -> float:
    """The end of the domain of f*."""
    ends = {"kl": math.inf, "reverse_kl": 0.0, "pearson": math.inf, "hellinger": 1.0, "js": math.log(2), "gan": 0.0}
    if name not in ends:
        raise ValueError(f"name must be one of {', '.join(ends)}, got {name!r}")
    return ends[name]


def _conjugate_of_activation(name: str, v: Tensor) -> Tensor:
    """f*(activation(v)), simplified: where the activation saturates, f* of it would be lost to rounding."""
    if name == "reverse_kl":
        return v - 1
    if name == "hellinger":
        return torch.expm1(v)
    if name == "js":
        return F.softplus(v) - math.log(2)
    if name == "gan":
        return F.softplus(v)
    return conjugate(name, v)
