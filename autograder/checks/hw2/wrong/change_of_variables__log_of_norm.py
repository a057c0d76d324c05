"""The logarithm of the Frobenius norm.

Caught by: networks
"""

def log_abs_det_jacobian(f, x):
    jacobian = torch.stack([torch.autograd.functional.jacobian(lambda row: f(row[None])[0], row) for row in x])
    return jacobian.flatten(1).norm(dim=1).log()
