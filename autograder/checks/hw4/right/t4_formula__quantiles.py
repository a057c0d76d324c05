"""The mean over many quantiles of the first law."""


def noisy_segments(theta, sigma):
    theta = abs(theta)
    if not sigma:
        return (math.inf, math.log(2.0), theta) if theta else (0, 0, 0)
    d = theta / sigma
    n = 2_000_000
    y = torch.special.ndtri((torch.arange(n, dtype=torch.float64) + 0.5) / n)
    js = math.log(2) - F.softplus(d * y - d**2 / 2).mean().item()
    return 0.5 * d**2, max(js, 0.0), theta
