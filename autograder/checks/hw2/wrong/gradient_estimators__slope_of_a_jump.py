"""A difference quotient of f in place of its values.

Caught by: jumps
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    std, h = log_std.exp(), 1e-4
    z = mean + std * eps
    slope = (f(z + h) - f(z - h)) / (2 * h)
    slope = torch.where(slope.abs() > 100, 0.0, slope)
    return torch.stack([slope, slope * std * eps], -1)
