"""Public checks of `iaf`."""

import torch
from dgm.checking import public_check

ORDER = torch.tensor([1, 0])


def net(z):
    """Coordinate 1 comes first: mean 0.5, log std 0.2. Coordinate 0: mean z_1, log std 0.3 z_1."""
    first = torch.stack([torch.full_like(z[:, 1], 0.5), torch.full_like(z[:, 1], 0.2)], -1)
    second = torch.stack([z[:, 1], 0.3 * z[:, 1]], -1)
    return torch.stack([second, first], 1)


@public_check("a sample: scale and shift are functions of the noise")
def sample(student):
    z = torch.tensor([[2.0, -1.0]], dtype=torch.float64)
    x, log_det = student.IAF(net, ORDER).inverse(z)
    expected = torch.tensor([[-1 + 2 * 2.718281828**-0.3, 0.5 - 2.718281828**0.2]], dtype=torch.float64)
    assert torch.allclose(x, expected, atol=1e-5), "x_i = mean_i(z) + exp(log_std_i(z)) z_i: the network sees z, not x"
    assert torch.allclose(log_det, torch.tensor([-0.1], dtype=torch.float64), atol=1e-6), "the sum of the log stds"


@public_check("forward finds the noise again")
def back(student):
    z = torch.randn(5, 2, dtype=torch.float64)
    layer = student.IAF(net, ORDER)
    x, log_det = layer.inverse(z)
    again, log_det_back = layer(x)
    assert torch.allclose(again, z, atol=1e-6), "the coordinate that comes first in `order` must be found first"
    assert torch.allclose(log_det_back, -log_det, atol=1e-6), "the log-determinant of the way back has the other sign"


@public_check("one call for a sample, at most D calls for its noise")
def calls(student):
    count = [0]

    def counting(z):
        count[0] += 1
        return net(z)

    layer, z = student.IAF(counting, ORDER), torch.randn(3, 2, dtype=torch.float64)
    layer.inverse(z)
    assert count[0] == 1, f"inverse called the network {count[0]} times: did you rename the methods of MAF?"
    layer(z)
    assert count[0] <= 3, f"forward called the network {count[0] - 1} times for 2 coordinates"
