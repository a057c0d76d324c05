"""Gauss-Hermite quadrature in NumPy."""


def score_matching_losses(slope, variance, sigma):
    nodes, weights = np.polynomial.hermite_e.hermegauss(6)
    weights = weights / weights.sum()
    x = np.sqrt(variance) * nodes
    explicit = weights @ ((slope * x + x / variance) ** 2) / 2
    implicit = slope + weights @ (slope * x) ** 2 / 2
    y = x[:, None] + sigma * nodes[None]
    denoising = weights @ (slope * y + nodes[None] / sigma) ** 2 @ weights / 2
    return float(explicit), float(implicit), float(denoising)
