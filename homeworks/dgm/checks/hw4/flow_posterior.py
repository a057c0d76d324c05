"""Public checks of `flow_posterior`."""

import torch
from dgm.checking import public_check
from torch.distributions import Normal


def parameters(d):
    return torch.randn(d), torch.randn(d), torch.randn(())


@public_check("a planar map has the right shapes")
def shapes(student):
    image, log_det = student.planar(torch.randn(5, 3), *parameters(3))
    assert tuple(image.shape) == (5, 3), f"the image should have shape (5, 3), got {tuple(image.shape)}"
    assert tuple(log_det.shape) == (5,), f"the log determinant should have shape (5,), got {tuple(log_det.shape)}"


@public_check("the map moves z along one direction, and not on its plane")
def direction(student):
    z, (u, w, b) = torch.randn(6, 3), parameters(3)
    on_plane = z - ((z @ w + b) / (w @ w))[:, None] * w
    assert torch.allclose(student.planar(on_plane, u, w, b)[0], on_plane, atol=1e-4), "on w . z + b = 0 nothing moves"
    step = student.planar(z, u, w, b)[0] - z
    assert int(torch.linalg.matrix_rank(step, atol=1e-4)) == 1, "all points should move along the same v"


@public_check("the map can be inverted, whatever u is")
def invertible(student):
    w = torch.tensor([1.0, -0.5])
    line = torch.linspace(-6, 6, 2001)[:, None] * w
    image = student.planar(line, -4 * w, w, torch.tensor(0.2))[0] @ w
    assert bool((image.diff() > 0).all()), "along w the map should be increasing: is u made into v?"


@public_check("the log determinant is that of the Jacobian")
def jacobian(student):
    z, layer = torch.randn(1, 3), parameters(3)
    matrix = torch.autograd.functional.jacobian(lambda row: student.planar(row[None], *layer)[0][0], z[0])
    truth, value = torch.linalg.slogdet(matrix).logabsdet, student.planar(z, *layer)[1][0]
    assert abs(float(truth - value)) < 1e-3, f"log |det Jacobian| is {float(truth):.4f} here, not {float(value):.4f}"


@public_check("without layers the bound is the Gaussian's")
def gaussian(student):
    mean, log_std, eps = torch.randn(2), 0.3 * torch.randn(2), torch.randn(5, 2)
    value = student.flow_elbo(lambda z: -(z**2).sum(1), eps, mean, log_std, [])
    z = torch.addcmul(mean, log_std.exp(), eps)
    truth = -(z**2).sum(1) - Normal(mean, log_std.exp()).log_prob(z).sum(1)
    assert torch.allclose(value, truth, atol=1e-4), "log p(x, z) - log q(z), draw by draw"


@public_check("the bound stays below log p(x)")
def below(student):
    def log_joint(z):
        return Normal(0.0, 1.0).log_prob(z).sum(1)  # a density already: log p(x) = 0

    layers = [parameters(2) for _ in range(3)]
    bound = student.flow_elbo(log_joint, torch.randn(20_000, 2), torch.zeros(2), torch.zeros(2), layers).mean()
    assert float(bound) < 0.02, f"the bound is {float(bound):.2f}, above log p(x) = 0: look at the log determinants"
