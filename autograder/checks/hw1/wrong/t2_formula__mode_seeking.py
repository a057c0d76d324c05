"""The heavier component, which is what the reverse KL would choose.

Caught by: variance
"""


def forward_kl_gaussian(w, a, s):
    return (-a if w > 0.5 else a), s**2
