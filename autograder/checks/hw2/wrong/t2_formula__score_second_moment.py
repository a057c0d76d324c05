"""The second moment of the score-function estimator: the squared mean is not taken off.

Caught by: score
"""

def estimator_variances(mean, std):
    return 4 * std**2, (mean**4 + 18 * mean**2 * std**2 + 15 * std**4) / std**2
