"""R log R is NaN where R is 0.

Caught by: zero_responsibilities
"""

def mixture_elbo(R, log_joint):
    return (R * (log_joint - R.log())).sum()
