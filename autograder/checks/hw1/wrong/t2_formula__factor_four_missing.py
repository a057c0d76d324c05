"""w (1 - w) a^2 between the components, as if their means were a apart.

Caught by: variance
"""


def forward_kl_gaussian(w, a, s):
    return (1 - 2 * w) * a, s**2 + w * (1 - w) * a**2
