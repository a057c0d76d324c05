"""The cross-entropy -E_p[log q]: the entropy of p is missing. Its forward fit is right all the same.

Caught by: kl_of_two_gaussians
"""


def kl_grid(log_p, log_q, dx):
    p = log_p.exp()
    return -(p * torch.where(p > 0, log_q, 0.0)).sum() * dx
