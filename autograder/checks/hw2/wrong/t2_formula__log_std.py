"""std is taken for log_std.

Caught by: reparametrisation
"""

def estimator_variances(mean, std):
    std = math.exp(std)
    return 4 * std**2, (mean**4 + 14 * mean**2 * std**2 + 15 * std**4) / std**2
