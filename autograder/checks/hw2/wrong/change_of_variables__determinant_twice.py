"""The log-determinant is counted once per dimension.

Caught by: density
"""

def transformed_log_prob(log_prob_z, f_inverse, x):
    return log_prob_z(f_inverse(x)) + x.shape[1] * log_abs_det_jacobian(f_inverse, x)
