"""Public checks of the formula of theory problem 1."""

import torch
from dgm.checking import public_check


@public_check("one number, and with one component the sum of log_joint")
def one_component(student):
    log_joint = torch.randn(5, 1, dtype=torch.float64)
    value = student.mixture_elbo(torch.ones(5, 1, dtype=torch.float64), log_joint)
    assert value is not None, "the function returns None: is a return missing?"
    assert abs(float(value) - float(log_joint.sum())) < 1e-4, "with one component the bound is the sum of log_joint"


@public_check("the bound is log p(X) after an E-step, and lower otherwise")
def below(student):
    log_joint, R = torch.randn(6, 3, dtype=torch.float64), torch.randn(6, 3, dtype=torch.float64).softmax(1)
    evidence = float(log_joint.logsumexp(1).sum())
    assert float(student.mixture_elbo(R, log_joint)) < evidence, "the bound lies above log p(X)"
    value = float(student.mixture_elbo(log_joint.softmax(1), log_joint))
    assert abs(value - evidence) < 1e-4, "with the exact responsibilities the bound should be log p(X)"


@public_check("a sure assignment gives a finite bound")
def sure(student):
    R = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    log_joint = torch.tensor([[-1.0, -2.0], [-3.0, -0.5]], dtype=torch.float64)
    assert abs(float(student.mixture_elbo(R, log_joint)) + 1.5) < 1e-4, "sure assignments add their log_joint alone"
