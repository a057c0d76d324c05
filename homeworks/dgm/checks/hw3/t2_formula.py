"""Public checks of `t2_formula`."""

import torch
from dgm.checking import public_check


@public_check("independent coordinates")
def independent(student):
    mean, covariance = torch.tensor([1.0, 0.0]), torch.diag(torch.tensor([4.0, 1.0]))
    value = student.gaussian_to_uniform(torch.tensor([[3.0, 0.0], [1.0, -1.0]]), mean, covariance)
    expected = torch.tensor([[0.8413447, 0.5], [0.5, 0.1586553]])
    assert torch.allclose(value, expected, atol=1e-5), "the CDF of each coordinate"


@public_check("the second coordinate is that of x_2 given x_1")
def given(student):
    covariance = torch.tensor([[1.0, 0.6], [0.6, 1.0]])
    value = student.gaussian_to_uniform(torch.tensor([[1.0, 0.6]]), torch.zeros(2), covariance)
    assert abs(value[0, 1] - 0.5) < 1e-5, "given x_1 = 1, the mean of x_2 is 0.6"
