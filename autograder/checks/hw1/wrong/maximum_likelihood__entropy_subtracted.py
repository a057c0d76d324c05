"""Returns the KL itself: the entropy of the data is subtracted.

Caught by: nll_is_entropy_plus_kl
"""


def nll(logits, counts):
    observed = counts / counts.sum()
    return (torch.xlogy(observed, observed) - observed * logits.log_softmax(0)).sum()
