"""The gradient of the sum of all outputs, taken for the diagonal.

Caught by: networks
"""

def log_abs_det_jacobian(f, x):
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(f(x).sum(), x)
    return slope.abs().log().sum(1)
