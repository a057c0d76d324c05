"""Public checks of `scores`."""

import torch
from dgm.checking import public_check


@public_check("the Inception score at its ends")
def ends(student):
    sure = torch.eye(4).repeat(3, 1)
    assert abs(float(student.inception_score(sure)) - 4) < 1e-4, "sure, and all classes equally often: K"
    assert abs(float(student.inception_score(sure[:1].repeat(5, 1))) - 1) < 1e-4, "always the same: 1"
    assert abs(float(student.inception_score(torch.full((6, 4), 0.25))) - 1) < 1e-4, "never sure: 1"


@public_check("the score with several parts")
def parts(student):
    probs = torch.cat([torch.eye(2).repeat(2, 1), torch.eye(2)[:1].repeat(4, 1)])
    found = float(student.inception_score(probs, n_splits=2))
    assert abs(found - 1.5) < 1e-4, "the parts score 2 and 1: their mean is 1.5"


@public_check("the Fréchet distance of Gaussians on a line and with common axes")
def easy(student):
    zero, one = torch.zeros(2), torch.eye(2)
    assert abs(float(student.frechet_distance(zero, one, zero + 2, one)) - 8) < 1e-3, "equal covariances: |shift|^2"
    found = student.frechet_distance(zero, torch.diag(torch.tensor([4.0, 0.0])), zero, one)
    assert abs(float(found) - 2) < 1e-3, "common axes: the squared differences of the deviations, (2 - 1)^2 + (0 - 1)^2"


@public_check("covariances that do not commute")
def hard(student):
    first, second = torch.tensor([[2.0, 1.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.0], [0.0, 4.0]])
    found = student.frechet_distance(torch.zeros(2), first, torch.zeros(2), second)
    # In the plane the trace of the root is sqrt(tr(S1 S2) + 2 sqrt(det S1 det S2)), here sqrt(6 + 4).
    assert abs(float(found) - (8 - 2 * 10**0.5)) < 1e-3, "the root is one of a matrix, not entry by entry"


@public_check("fid: rows are samples, covariances unbiased")
def samples(student):
    x = torch.tensor([[0.0, 0.0], [2.0, 0.0], [1.0, 0.0]])
    y = torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert abs(float(student.fid(x, y)) - 2) < 1e-4, "|mean|^2 = 1, and a variance of 1 (with N - 1) against 0"
    z = torch.randn(6, 3)
    assert abs(float(student.fid(z, z))) < 1e-2, "a set has distance 0 to itself"
