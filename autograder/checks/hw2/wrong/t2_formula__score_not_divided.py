"""The score lacks its division by std.

Caught by: score
"""

def estimator_variances(mean, std):
    return 4 * std**2, mean**4 + 14 * mean**2 * std**2 + 15 * std**4
