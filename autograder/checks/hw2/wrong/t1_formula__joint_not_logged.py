"""log_joint is taken for a joint density.

Caught by: value
"""

def mixture_elbo(R, log_joint):
    return (R * log_joint.abs().log() - torch.xlogy(R, R)).sum()
