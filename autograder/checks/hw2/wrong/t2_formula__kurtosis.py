"""The sixth moment of a normal is taken to be 3.

Caught by: score
"""

def estimator_variances(mean, std):
    return 4 * std**2, (mean**4 + 14 * mean**2 * std**2 + 3 * std**4) / std**2
