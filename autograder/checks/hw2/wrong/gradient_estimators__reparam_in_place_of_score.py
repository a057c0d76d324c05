"""The reparametrisation estimator: it needs the slope of f.

Caught by: jumps
"""

def grad_score(f, mean, log_std, eps, baseline=0.0):
    return grad_reparam(f, mean, log_std, eps)
