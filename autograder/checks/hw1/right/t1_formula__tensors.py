"""The exponential written out, torch for the arithmetic, a tensor as the result, and a neighbourhood for the limits."""


def alpha_divergence_of_gaussians(mean1, mean2, std, alpha):
    mean1, mean2, std = (torch.as_tensor(v, dtype=torch.float64) for v in (mean1, mean2, std))
    half_squared = (mean1 - mean2) ** 2 / (2 * std**2)
    if abs(abs(alpha) - 1) < 1e-9:
        return half_squared
    t = (1 + alpha) / 2
    return (1 - torch.exp(-t * (1 - t) * half_squared)) / (t * (1 - t))
