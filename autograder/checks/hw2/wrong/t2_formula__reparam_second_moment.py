"""The second moment of the reparametrisation estimator: the squared mean is not taken off.

Caught by: reparametrisation
"""

def estimator_variances(mean, std):
    return 4 * (mean**2 + std**2), (mean**4 + 14 * mean**2 * std**2 + 15 * std**4) / std**2
