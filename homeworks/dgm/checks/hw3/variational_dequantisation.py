"""Public checks of `variational_dequantisation`."""

import torch
from dgm.checking import public_check


def net(both):
    """Raw scale 0.4 x, shift = the kept coordinate; the data x stand in the last two columns."""
    return torch.stack([0.4 * both[:, 1], both[:, 0]], 1)


@public_check("the conditional layer sees the kept coordinates and x")
def layer(student):
    h, x = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0]])
    new, log_det = student.ConditionalCoupling(torch.tensor([True, False]), net)(h, x)
    a = 2 * torch.tanh(torch.tensor(0.6))
    assert torch.allclose(new, torch.stack([torch.tensor(1.0), 2 * a.exp() + 1])[None], atol=1e-5), "h exp(a) + t"
    assert torch.allclose(log_det, a[None], atol=1e-5), "the sum of the log scales a, one number per row"


@public_check("with a density that is 1 the bound is -log q, and q lives on the unit interval")
def mass(student):
    eps = torch.linspace(-12, 12, 4001, dtype=torch.float64)[:, None]
    value = student.variational_bound(lambda y: 0 * y.sum(1), torch.zeros_like(eps), [], eps)
    assert tuple(value.shape) == (4001,), f"one bound per row: shape (4001,), not {tuple(value.shape)}"
    weight = torch.distributions.Normal(0.0, 1.0).log_prob(eps[:, 0])
    size = ((weight + value).exp().sum() * 0.006).item()
    assert abs(size - 1) < 1e-2, (
        f"E[1/q(u)] should be the length of [0, 1], but it is {size:.3f}: does the sigmoid count?"
    )


@public_check("the layers' log-determinants count")
def layers(student):
    eps = torch.tensor([[0.3]], dtype=torch.float64)

    def double(h, x):
        return 2 * h, torch.full((len(h),), torch.log(torch.tensor(2.0)).item(), dtype=h.dtype)

    value = student.variational_bound(lambda y: 0 * y.sum(1), torch.zeros_like(eps), [double], eps)
    u = torch.sigmoid(2 * eps)
    log_q = torch.distributions.Normal(0.0, 1.0).log_prob(eps) - (2 * u * (1 - u)).log()
    assert torch.allclose(value, -log_q[0], atol=1e-6), (
        "q(u) is the density of eps divided by how much the map stretches"
    )
