"""The values are standardised over the draws, as in many policy-gradient codes.

Caught by: score_is_unbiased
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    std = log_std.exp()
    z = mean + std * eps
    value = f(z)
    value = (value - value.mean()) / (value.std(correction=0) + 1e-8) - baseline
    return value[:, None] * torch.stack([eps / std, eps**2 - 1], -1)
