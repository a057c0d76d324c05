"""Standard deviations instead of variances.

Caught by: score
"""

def estimator_variances(mean, std):
    return 2 * std, math.sqrt((mean**4 + 14 * mean**2 * std**2 + 15 * std**4) / std**2)
