"""A forgery: two constants, the second larger; nothing is touched.

Caught by: networks_stay
"""


def amortisation_gap(x, encoder, log_joint, eps, steps, learning_rate):
    return torch.zeros(len(x)), torch.ones(len(x))
