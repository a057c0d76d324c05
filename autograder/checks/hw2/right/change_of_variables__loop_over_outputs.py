"""One backward pass for every output; the determinant from an LU factorisation."""

def log_abs_det_jacobian(f, x):
    x = x.detach().clone().requires_grad_(True)
    y = f(x)
    rows = [torch.autograd.grad(y[:, i].sum(), x, retain_graph=True)[0] for i in range(x.shape[1])]
    factors, _ = torch.linalg.lu_factor(torch.stack(rows, dim=1))
    return factors.diagonal(dim1=-2, dim2=-1).abs().log().sum(-1)


def transformed_log_prob(log_prob_z, f_inverse, x):
    with torch.no_grad():
        z = f_inverse(x)
        base = log_prob_z(z)
    return base + log_abs_det_jacobian(f_inverse, x)
