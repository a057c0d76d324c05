"""The two variances are swapped.

Caught by: score
"""

def estimator_variances(mean, std):
    return (mean**4 + 14 * mean**2 * std**2 + 15 * std**4) / std**2, 4 * std**2
