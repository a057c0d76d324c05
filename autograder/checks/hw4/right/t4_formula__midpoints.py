"""Midpoints in the unit of sigma."""


def noisy_segments(theta, sigma):
    w1 = abs(float(theta))
    if sigma == 0.0:
        return (float("inf") if w1 else 0.0), (math.log(2) if w1 else 0.0), w1
    d = w1 / sigma
    step = 0.001
    y = -11 + step * (torch.arange(22_000, dtype=torch.float64) + 0.5)
    phi = torch.distributions.Normal(0.0, 1.0).log_prob(y).exp()
    js = math.log(2) - step * (phi * torch.logaddexp(torch.zeros_like(y), d * y - d * d / 2)).sum()
    return d * d / 2, js, w1
