"""log p(X), whatever the responsibilities are.

Caught by: tight_after_an_e_step
"""

def mixture_elbo(R, log_joint):
    return log_joint.logsumexp(1).sum()
