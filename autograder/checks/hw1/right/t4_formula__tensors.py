"""The expected log likelihood minus the KL divergence to the prior, with tensors in float32."""


def conjugate_elbo(x, m, v, s):
    x, m, v, s = (torch.as_tensor(value, dtype=torch.float32) for value in (x, m, v, s))
    kl = 0.5 * (v + m**2 - 1 - torch.log(v))
    return -torch.log(s) - 0.5 * math.log(2 * math.pi) - 0.5 * ((x - m) ** 2 + v) / s**2 - kl
