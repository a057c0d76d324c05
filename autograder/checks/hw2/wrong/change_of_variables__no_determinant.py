"""The density of z alone: volume does not change.

Caught by: density
"""

def transformed_log_prob(log_prob_z, f_inverse, x):
    return log_prob_z(f_inverse(x))
