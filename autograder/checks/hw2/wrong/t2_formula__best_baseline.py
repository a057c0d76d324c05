"""The score-function estimator with the best constant baseline.

Caught by: score
"""

def estimator_variances(mean, std):
    b = mean**2 + 3 * std**2
    second = mean**4 + 18 * mean**2 * std**2 + 15 * std**4 - b**2
    return 4 * std**2, second / std**2 - 4 * mean**2
