"""Public checks of `maximum_likelihood`."""

import math

import torch
from dgm.checking import public_check


@public_check("nll returns one number")
def one_number(student):
    value = student.nll(torch.zeros(3), torch.tensor([2.0, 1.0, 1.0]))
    assert value is not None, "nll returns None: is a return missing?"
    assert torch.as_tensor(value).numel() == 1, "nll should return one number, not one per symbol"


@public_check("a uniform model costs log K nats per observation")
def uniform_model(student):
    for K in (2, 5):
        counts = torch.arange(1.0, K + 1)
        value = float(student.nll(torch.zeros(K), counts))
        assert math.isfinite(value) and abs(value - math.log(K)) < 1e-5, (
            "with equal logits every observation costs log K nats: are the probabilities softmax(logits), "
            "and is it the mean over the observations?"
        )


@public_check("ten times the data, the same mean")
def mean_over_observations(student):
    logits, counts = torch.tensor([0.5, -1.0, 2.0]), torch.tensor([3.0, 1.0, 2.0])
    once, ten_times = float(student.nll(logits, counts)), float(student.nll(logits, 10 * counts))
    assert abs(once - ten_times) < 1e-5, "nll is per observation: every count times ten must not change it"


@public_check("the fit reaches the minimum of nll")
def fit_lowers_nll(student):
    counts = torch.tensor([6.0, 3.0, 1.0])
    fitted = torch.as_tensor(student.fit_mle(counts)).detach().float()
    assert fitted.shape == (3,), "fit_mle should return one logit per symbol"
    start, end = float(student.nll(torch.zeros(3), counts)), float(student.nll(fitted, counts))
    assert end < start - 0.1, "after fit_mle, nll is hardly lower than at the start: does every step go downhill?"
    assert end < 0.8985, "after fit_mle, nll could still be lower: are these the logits after the last step?"
