"""The density instead of its logarithm.

Caught by: density
"""

def transformed_log_prob(log_prob_z, f_inverse, x):
    return torch.exp(log_prob_z(f_inverse(x)) + log_abs_det_jacobian(f_inverse, x))
