"""The Jacobian of the inverse map is taken at z.

Caught by: density
"""

def transformed_log_prob(log_prob_z, f_inverse, x):
    z = f_inverse(x)
    return log_prob_z(z) + log_abs_det_jacobian(f_inverse, z)
