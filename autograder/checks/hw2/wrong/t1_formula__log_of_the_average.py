"""The logarithm outside the average over components.

Caught by: value
"""

def mixture_elbo(R, log_joint):
    return torch.log((R * log_joint.exp()).sum(1)).sum()
