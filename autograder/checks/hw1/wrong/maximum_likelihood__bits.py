"""Bits instead of nats.

Caught by: nll_is_entropy_plus_kl
"""

import math


def nll(logits, counts):
    return -(counts * logits.log_softmax(0)).sum() / counts.sum() / math.log(2)
