"""log q(z | x) written through eps, constants collected by hand, draws in a loop; the gap as evidence minus ELBO."""


def elbo(x, q_mean, q_std, decoder, eps):
    (K, B, d), D = eps.shape, x.shape[-1]
    total = torch.zeros(B, dtype=x.dtype)
    for k in range(K):
        z = q_mean + eps[k] * q_std
        mean, std = decoder(z[None])
        scale = std + torch.zeros_like(mean)
        misfit = (((x - mean[0]) / scale[0]) ** 2).sum(1) / 2 + scale[0].log().sum(1)
        shift = ((eps[k] ** 2 - z**2) / 2).sum(1) + torch.log(q_std).sum(1)
        total = total - misfit + shift - D / 2 * math.log(2 * math.pi)
    return total / K


def elbo_gap(x, m, v, s):
    evidence = -(x**2) / (2 * (1 + s**2)) - torch.log(2 * math.pi * (1 + s**2)) / 2
    likelihood = -((x - m) ** 2 + v) / (2 * s**2) - torch.log(2 * math.pi * s**2) / 2
    prior = -(m**2 + v) / 2 - math.log(2 * math.pi) / 2
    entropy = torch.log(2 * math.pi * math.e * v) / 2
    return evidence - (likelihood + prior + entropy)
