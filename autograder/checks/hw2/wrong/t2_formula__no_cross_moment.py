"""The cross terms of (mean + std eps)^4 are lost.

Caught by: score
"""

def estimator_variances(mean, std):
    return 4 * std**2, (mean**4 + 15 * std**4 - 4 * mean**2 * std**2) / std**2
