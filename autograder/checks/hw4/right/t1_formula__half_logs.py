"""The mutual information as log(1 + w^2 / s^2) / 2."""


def linear_surgery(weight, std):
    v = weight * weight + std * std
    information = 0.5 * math.log1p((weight / std) ** 2)
    marginal = 0.5 * (v - 1) - 0.5 * math.log(v)
    return marginal + information, marginal, information
