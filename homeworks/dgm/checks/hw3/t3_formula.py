"""Public checks of `t3_formula`."""

import torch
from dgm.checking import public_check


@public_check("one dimension")
def one(student):
    W, b = torch.tensor([[2.0]], dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64)
    value = student.flow_vae_coefficient(W, b, torch.tensor([[1.0], [5.0]], dtype=torch.float64))
    expected = torch.tensor([-0.125, 0.375], dtype=torch.float64)
    assert torch.allclose(value, expected), "half of (x - b)^2 / W^4 - 1 / W^2"
