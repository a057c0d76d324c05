"""R is clamped, in both factors: zero responsibilities add something.

Caught by: zero_responsibilities
"""

def mixture_elbo(R, log_joint):
    R = R.clamp(min=1e-2)
    return (R * (log_joint - R.log())).sum()
