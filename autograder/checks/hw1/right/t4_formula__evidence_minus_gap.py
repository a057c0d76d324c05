"""log N(x; 0, 1 + s^2) minus the KL divergence to the posterior."""


def conjugate_elbo(x, m, v, s):
    total = 1 + s * s
    mean, variance = x / total, s * s / total
    log_px = -0.5 * (math.log(2 * math.pi * total) + x * x / total)
    return log_px - 0.5 * (v / variance - 1 - math.log(v / variance) + (m - mean) ** 2 / variance)
