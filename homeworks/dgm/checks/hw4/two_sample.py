"""Public checks of `two_sample`."""

import math

import torch
from dgm.checking import public_check


@public_check("samples of the same size: the log ratio is the logit")
def same_size(student):
    logit, label = torch.randn(6), torch.tensor([1, 0, 1, 0, 1, 0])
    log_ratio, accuracy = student.two_sample_test(logit, label)
    assert tuple(log_ratio.shape) == (6,), "one log ratio per point"
    assert torch.allclose(log_ratio, logit, atol=1e-5), "with as many points from p as from q nothing is subtracted"
    assert torch.as_tensor(accuracy).numel() == 1, "accuracy should be a single number"


@public_check("the odds of the sizes are taken out")
def sizes(student):
    label = torch.tensor([1.0] * 9 + [0.0] * 3)
    log_ratio = student.two_sample_test(torch.full((12,), math.log(3)), label)[0]
    assert torch.allclose(log_ratio, torch.zeros(12), atol=1e-5), "a logit of log(n_p / n_q) says nothing about p and q"


@public_check("the best threshold is found, and both samples count for half")
def best(student):
    logit = torch.tensor([5.0, 6.0, 7.0, 8.0, 1.0, 2.0])
    accuracy = student.two_sample_test(logit, torch.tensor([1, 1, 1, 1, 0, 0]))[1]
    assert abs(float(accuracy) - 1) < 1e-5, "these samples can be told apart without a mistake, with a threshold of 3"
    logit = torch.tensor([0.0, 3.0, 4.0, 5.0, 1.0, 2.0])
    accuracy = student.two_sample_test(logit, torch.tensor([1, 1, 1, 1, 0, 0]))[1]
    assert abs(float(accuracy) - 0.875) < 1e-5, "three of p's four and both of q's: (3/4 + 1) / 2"


@public_check("ties and useless classifiers")
def chance(student):
    label = torch.tensor([1, 1, 0, 0])
    for logit in (torch.zeros(4), torch.tensor([-2.0, -1.0, 1.0, 2.0])):
        accuracy = float(student.two_sample_test(logit, label)[1])
        assert abs(accuracy - 0.5) < 1e-5, f"the best rule here calls everything p: 1/2, not {accuracy}"


@public_check("an empty sample is refused")
def empty(student):
    for label in (torch.ones(3), torch.zeros(3)):
        try:
            student.two_sample_test(torch.randn(3), label)
        except ValueError:
            continue
        raise AssertionError("without points from p, or from q, there should be a ValueError")
