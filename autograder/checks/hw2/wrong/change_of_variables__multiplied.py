"""The log-density is multiplied by the determinant.

Caught by: density
"""

def transformed_log_prob(log_prob_z, f_inverse, x):
    return log_prob_z(f_inverse(x)) * torch.exp(log_abs_det_jacobian(f_inverse, x))
