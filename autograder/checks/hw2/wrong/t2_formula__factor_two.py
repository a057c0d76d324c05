"""2 z has the factor 2 outside the square.

Caught by: reparametrisation
"""

def estimator_variances(mean, std):
    return 2 * std**2, (mean**4 + 14 * mean**2 * std**2 + 15 * std**4) / std**2
