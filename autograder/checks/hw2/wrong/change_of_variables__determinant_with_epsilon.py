"""log(abs(det) + 1e-12): small determinants are lost.

Caught by: beyond_floating_point
"""

def log_abs_det_jacobian(f, x):
    jacobian = torch.stack([torch.autograd.functional.jacobian(lambda row: f(row[None])[0], row) for row in x])
    return (torch.linalg.det(jacobian).abs() + 1e-12).log()
