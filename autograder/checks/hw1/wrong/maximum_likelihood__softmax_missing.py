"""The logits are used as log probabilities: the softmax is missing.

Caught by: nll_is_entropy_plus_kl
"""


def nll(logits, counts):
    return -(counts * logits).sum() / counts.sum()
