"""`torch.func.vmap` of forward-mode Jacobians; the density subtracts the log-determinant of the forward map's inverse Jacobian."""

def log_abs_det_jacobian(f, x):
    jacobians = torch.func.vmap(torch.func.jacfwd(lambda row: f(row.unsqueeze(0)).squeeze(0)))(x)
    return torch.linalg.slogdet(jacobians)[1]


def transformed_log_prob(log_prob_z, f_inverse, x):
    jacobians = torch.func.vmap(torch.func.jacfwd(lambda row: f_inverse(row.unsqueeze(0)).squeeze(0)))(x)
    return log_prob_z(f_inverse(x)) - torch.linalg.slogdet(torch.linalg.inv(jacobians))[1]
