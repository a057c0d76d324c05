"""Public checks of `maf`."""

import torch
from dgm.checking import public_check

ORDER = torch.tensor([1, 0])


def net(x):
    """Coordinate 1 comes first: mean 0.5, log std 0.2. Coordinate 0: mean x_1, log std 0.3 x_1."""
    first = torch.stack([torch.full_like(x[:, 1], 0.5), torch.full_like(x[:, 1], 0.2)], -1)
    second = torch.stack([x[:, 1], 0.3 * x[:, 1]], -1)
    return torch.stack([second, first], 1)


@public_check("z is the noise of each coordinate, given those before it")
def noise(student):
    x = torch.tensor([[2.0, -1.0]], dtype=torch.float64)
    z, log_det = student.MAF(net, ORDER)(x)
    expected = torch.tensor([[(2 + 1) * 2.718281828**0.3, (-1 - 0.5) / 2.718281828**0.2]], dtype=torch.float64)
    assert torch.allclose(z, expected, atol=1e-5), "z_i = (x_i - mean_i) / exp(log_std_i)"
    assert tuple(log_det.shape) == (1,), f"the log-determinant should have shape (1,), not {tuple(log_det.shape)}"
    assert torch.allclose(log_det, torch.tensor([0.1], dtype=torch.float64), atol=1e-6), "minus the sum of the log stds"


@public_check("inverse undoes forward, in the given order")
def back(student):
    x = torch.randn(5, 2, dtype=torch.float64)
    layer = student.MAF(net, ORDER)
    again, log_det = layer.inverse(layer(x)[0])
    assert torch.allclose(again, x, atol=1e-6), "the coordinate that comes first in `order` must be made first"
    assert torch.allclose(log_det, -layer(x)[1], atol=1e-6), "the log-determinant of the way back has the other sign"


@public_check("one call there, at most D calls back")
def calls(student):
    count = [0]

    def counting(x):
        count[0] += 1
        return net(x)

    layer, x = student.MAF(counting, ORDER), torch.randn(3, 2, dtype=torch.float64)
    layer(x)
    assert count[0] == 1, f"forward called the network {count[0]} times"
    layer.inverse(x)
    assert count[0] <= 3, f"inverse called the network {count[0] - 1} times for 2 coordinates"
