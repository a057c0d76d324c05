"""The entropy of the responsibilities is left out: the expected complete log-likelihood.

Caught by: value
"""

def mixture_elbo(R, log_joint):
    return (R * log_joint).sum()
