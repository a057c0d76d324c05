"""The value of the bound with the gradient of the ELBO.

Caught by: gradient
"""


def iwae_bound(log_w):
    value = log_w.logsumexp(0) - math.log(len(log_w))
    return log_w.mean(0) + (value - log_w.mean(0)).detach()
