"""The normaliser of the prior over that of the posterior: minus the log evidence.

Caught by: evidence
"""

_right = log_evidence


def log_evidence(a, b, k, n):
    return -_right(a, b, k, n)
