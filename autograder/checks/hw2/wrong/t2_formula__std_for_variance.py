"""4 std instead of 4 std^2.

Caught by: reparametrisation
"""

def estimator_variances(mean, std):
    return 4 * std, (mean**4 + 14 * mean**2 * std**2 + 15 * std**4) / std**2
