"""The law of z is taken to be standard normal.

Caught by: density
"""

def transformed_log_prob(log_prob_z, f_inverse, x):
    z = f_inverse(x)
    log_prob = (-0.5 * z**2 - 0.5 * math.log(2 * math.pi)).sum(1)
    return log_prob + log_abs_det_jacobian(f_inverse, x)
