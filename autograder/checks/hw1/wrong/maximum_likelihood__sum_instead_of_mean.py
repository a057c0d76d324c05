"""The negative log-likelihood of the whole data set, not the mean per observation.

Caught by: nll_is_entropy_plus_kl
"""


def nll(logits, counts):
    return -(counts * logits.log_softmax(0)).sum()
