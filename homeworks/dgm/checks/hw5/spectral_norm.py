"""Public checks of `spectral_norm`."""

import torch
import torch.nn.functional as F
from dgm.checking import public_check


@public_check("many steps find the largest singular value")
def converges(student):
    W = torch.tensor([[3.0, 0.0, 0.0], [0.0, 1.0, 0.0]]) @ torch.linalg.qr(torch.randn(3, 3)).Q
    sigma, u, v = student.power_iteration(W, torch.tensor([1.0, 1.0]), 30)
    assert abs(sigma - 3) < 1e-3, "sigma should come to the largest singular value"
    assert tuple(u.shape) == (2,) and tuple(v.shape) == (3,), "u belongs to the rows of W, v to its columns"
    assert abs(u.norm() - 1) < 1e-4 and abs(v.norm() - 1) < 1e-4, "u and v should have length 1"


@public_check("one step is one step")
def one_step(student):
    W, u = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([0.6, 0.8])
    _, _, v = student.power_iteration(W, u, 1)
    expected = F.normalize(torch.tensor([1.2, 0.8]), dim=0)
    assert torch.allclose(v, expected, atol=1e-4), "after one step v should be W^T u, scaled to length 1"


@public_check("the gradient of sigma is u v^T")
def gradient(student):
    W = torch.randn(3, 4, requires_grad=True)
    sigma, u, v = student.power_iteration(W, torch.randn(3), 2)
    assert not u.requires_grad and not v.requires_grad, "no gradient should flow through the vectors"
    (found,) = torch.autograd.grad(sigma, W)
    assert torch.allclose(found, torch.outer(u, v), atol=1e-4), "the gradient of u^T W v with fixed vectors"


@public_check("the layer comes to norm 1 in training mode and stays there in evaluation mode")
def layer(student):
    module = student.SpectralLinear(4, 3)
    x = torch.randn(5, 4)
    for _ in range(200):
        module(x)
    module.eval()
    matrix = (module(torch.eye(4)) - module(torch.zeros(4, 4))).T
    assert abs(torch.linalg.matrix_norm(matrix, 2) - 1) < 1e-2, "the matrix of the layer should have norm 1"
    assert torch.allclose(module(x), module(x)), "evaluation should not change the layer"
    assert torch.allclose(module(torch.zeros(1, 4))[0], module.bias, atol=1e-6), "the bias is not divided by sigma"


@public_check("the vector is saved with the layer, and is no parameter")
def state(student):
    module = student.SpectralLinear(4, 3)
    sizes = sorted(tuple(value.shape) for value in module.state_dict().values())
    assert (3,) in sizes and len(sizes) >= 3, "state_dict should hold the vector u beside weight and bias"
    assert len(list(module.parameters())) == 2, "only weight and bias are learned"


@public_check("conv_norm: a kernel that only weighs the centre")
def centre(student):
    kernel = torch.zeros(1, 1, 3, 3)
    kernel[0, 0, 1, 1] = -2.5
    found = student.conv_norm(kernel, torch.randn(1, 5, 4), 3)
    assert abs(found - 2.5) < 1e-4, "multiplication by -2.5 lengthens every image by 2.5"


@public_check("conv_norm: a box of nine ones")
def box(student):
    kernel = torch.ones(1, 1, 3, 3)
    found = float(student.conv_norm(kernel, torch.rand(1, 12, 12), 60))
    assert 8 < found < 9, "far from the border a box adds nine pixels; the border makes it a little less than 9"
