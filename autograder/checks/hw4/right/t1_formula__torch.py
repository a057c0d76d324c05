"""Tensors and torch.distributions."""


def linear_surgery(weight, std):
    width = torch.tensor(float(weight) ** 2 + float(std) ** 2, dtype=torch.float64).sqrt()
    normal = torch.distributions.Normal
    marginal = torch.distributions.kl_divergence(normal(torch.zeros_like(width), width), normal(0.0, 1.0))
    average = (width**2 - 1) / 2 - math.log(std)
    return average, marginal, average - marginal
