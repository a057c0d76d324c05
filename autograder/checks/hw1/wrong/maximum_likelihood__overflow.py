"""A softmax from bare exponentials, which overflows for large logits.

Caught by: nll_is_blind_to_a_shift
"""


def nll(logits, counts):
    weights = logits.exp()
    return -(counts * (weights / weights.sum()).log()).sum() / counts.sum()
