"""Public checks of `beta_bernoulli`."""

import itertools
import math

import torch
from dgm.checking import public_check


@public_check("with no draws the posterior is the prior")
def no_draws(student):
    a, b = student.beta_posterior(2.5, 1.5, 0, 0)
    assert (float(a), float(b)) == (2.5, 1.5), "nothing was seen, so the posterior should be the prior"
    mean = float(student.predictive(2.5, 1.5, 0, 0))
    assert abs(mean - 0.625) < 1e-6, "with no draws the prediction is the mean of the prior"
    assert abs(float(student.log_evidence(2.5, 1.5, 0, 0))) < 1e-5, "the empty sequence has probability 1"


@public_check("with a flat prior the mode is the share of ones, and the prediction is not")
def flat_prior(student):
    k, n = torch.tensor([3.0, 7.0]), torch.tensor([4.0, 9.0])
    one = torch.ones(2)
    mode, mean = (
        torch.as_tensor(student.map_estimate(one, one, k, n)),
        torch.as_tensor(student.predictive(one, one, k, n)),
    )
    assert torch.allclose(mode.double(), (k / n).double(), atol=1e-5), "under a flat prior the mode should be k / n"
    assert (mean < mode).all(), "the mean is drawn towards 1/2 more strongly than the mode"


@public_check("the first draw has the probability that the prior predicts")
def one_draw(student):
    one = math.exp(float(student.log_evidence(2.5, 1.5, 1, 1)))
    zero = math.exp(float(student.log_evidence(2.5, 1.5, 0, 1)))
    assert abs(one - float(student.predictive(2.5, 1.5, 0, 0))) < 1e-4, "the evidence of a single 1 is off"
    assert abs(one + zero - 1) < 1e-4, "a draw is 0 or 1: the two evidences should sum to 1"


@public_check("the probabilities of all sequences of five draws sum to 1")
def all_sequences(student):
    sequences = itertools.product((0, 1), repeat=5)
    total = sum(math.exp(float(student.log_evidence(0.7, 1.9, sum(draws), 5))) for draws in sequences)
    assert abs(total - 1) < 1e-4, f"they sum to {total:.4g}: log_evidence is for one sequence, not for the count k"


@public_check("the evidence of many draws is finite")
def many(student):
    value = float(student.log_evidence(1.5, 2.5, 4_000, 10_000))
    assert math.isfinite(value), "the evidence of 10 000 draws underflows: stay in the logarithm"
