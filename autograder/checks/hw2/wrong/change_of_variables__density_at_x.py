"""The density of z is evaluated at x.

Caught by: density
"""

def transformed_log_prob(log_prob_z, f_inverse, x):
    return log_prob_z(x) + log_abs_det_jacobian(f_inverse, x)
