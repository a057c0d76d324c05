"""Hidden checks of hw4/two_sample: density ratios and accuracy from a classifier.

Oracle   For the ratio: the logit of the classifier that Bayes' rule gives for two known Gaussians and known sizes. For
         the accuracy: every threshold is tried, in Python numbers.
Error    1e-12; 1e-6 is allowed.
Cost     0.1 s.
Rejects  every mistake in two_sample.mistakes.md.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Normal

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "two_sample_test": {
        "(log_ratio (N,), accuracy ())": "ratio, accuracy",
        "logit (N,) is the classifier's output at N points": "ratio",
        "label (N,) is 1 for points from p and 0 for points from q": "ratio, accuracy",
        "The two samples may differ in size": "ratio, accuracy",
        "log_ratio estimates log p(x) - log q(x) at every point": "ratio",
        "the largest mean of the share of p's points and the share of q's points that are called right": "accuracy",
        "It is at least 1/2, and equal logits are never told apart.": "ties_and_chance",
        "Raises ValueError when one of the two samples is empty.": "empty_sample",
    }
}


@probe
def tested(student, logit, label):
    return list(student.two_sample_test(logit, label))


@probe
def complaints(student, cases):
    """What happens for every pair of logits and labels: the name of the exception, or what comes back."""
    found = []
    for logit, label in cases:
        try:
            found.append(list(student.two_sample_test(logit, label)))
        except ValueError:
            found.append("ValueError")
    return found


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def answers(grade: Grade, logit: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    answer = sequence(grade.submission(tested, logit, label), 2, "what two_sample_test returns")
    return tensor(answer[0], (len(logit),), "log_ratio"), tensor(answer[1], (), "accuracy")


def labels(rng: torch.Generator, n_p: int, n_q: int) -> Tensor:
    """Labels in a random order: integers or floats, as it happens."""
    label = torch.cat([torch.ones(n_p), torch.zeros(n_q)])[torch.randperm(n_p + n_q, generator=rng)]
    return label.long() if torch.rand((), generator=rng) < 0.5 else label.double()


def best(logit: list[float], label: list[float]) -> float:
    """The best mean of the two shares over all thresholds, one after the other."""
    n_p, found = sum(label), 0.0
    for t in (-math.inf, *logit):
        right_p = sum(h > t for h, one in zip(logit, label, strict=True) if one == 1)
        right_q = sum(h <= t for h, one in zip(logit, label, strict=True) if one == 0)
        found = max(found, (right_p / n_p + right_q / (len(label) - n_p)) / 2)
    return found


@points("3/10")
@hint("With three points of p for one of q even a useless classifier has the log-odds log 3. Keep or subtract?")
def test_ratio(grade: Grade):
    """`log_ratio` is the log density ratio when the classifier is Bayes' rule for samples of these sizes."""
    for n_p, n_q in ((6, 6), (9, 3), (2, 13)):
        label = labels(grade.rng, n_p, n_q)
        p, q = Normal(normal(grade.rng), 1.3), Normal(normal(grade.rng), 0.8)
        x = torch.where(label == 1, p.mean, q.mean) + normal(grade.rng, len(label))
        joint_p, joint_q = n_p * p.log_prob(x).exp(), n_q * q.log_prob(x).exp()
        found = answers(grade, (joint_p / joint_q).log(), label)[0]
        truth = p.log_prob(x) - q.log_prob(x)
        assert ((found - truth).abs() < 1e-6 * (1 + truth.abs())).all(), "log_ratio is not the log density ratio"


@points("2/5")
@hint("Each sample counts for half, whatever its size; and the best threshold is rarely 0.")
def test_accuracy(grade: Grade):
    """`accuracy` is the best balanced accuracy of any threshold."""
    for n_p, n_q in ((10, 10), (15, 4), (3, 20), (1, 1), (7, 8)):
        for shift in (0.0, 1.0, 3.0):
            label = labels(grade.rng, n_p, n_q)
            logit = normal(grade.rng, n_p + n_q) + shift * label.double() - 5 * normal(grade.rng)
            found = answers(grade, logit, label)[1].item()
            assert abs(found - best(logit.tolist(), label.tolist())) < 1e-6, "accuracy is not the best one"
    label = labels(grade.rng, 9, 7)
    logit = normal(grade.rng, 16) + 2 * label.double()
    logit[label.bool().nonzero()[0]] = 1e4  # next to this one all others are close together
    found = answers(grade, logit, label)[1].item()
    right = abs(found - best(logit.tolist(), label.tolist())) < 1e-6
    assert right, "accuracy is not the best one where one logit is far away from the others"


@points("1/5")
@hint("Equal logits lie on the same side of every threshold. And a threshold below all logits calls everything p.")
def test_ties_and_chance(grade: Grade):
    """Equal logits are not told apart, and no classifier does worse than chance."""
    for n_p, n_q in ((8, 8), (5, 12)):
        label = labels(grade.rng, n_p, n_q)
        tied = (2 * normal(grade.rng, n_p + n_q)).round() / 2
        backwards = -5.0 * label.double() + 0.1 * torch.rand(n_p + n_q, generator=grade.rng, dtype=torch.float64)
        for logit, what in (
            (tied, "with equal logits"),
            (torch.zeros_like(tied), "when all logits are equal"),
            (backwards, "of a classifier that has it backwards"),
        ):
            found = answers(grade, logit, label)[1].item()
            assert abs(found - best(logit.tolist(), label.tolist())) < 1e-6, f"the accuracy {what} is not right"


@points("1/10")
@hint("Without points from p, or from q, there is nothing to compare.")
def test_empty_sample(grade: Grade):
    """A sample without points is refused with a ValueError, and no other."""
    logit = normal(grade.rng, 5)
    middle = (logit == logit.median()).float()  # which no threshold takes out alone
    cases = [[logit, torch.ones(5)], [logit, torch.zeros(5)], [logit, middle]]
    cases = [cases[i] for i in torch.randperm(3, generator=grade.rng)]
    answer = sequence(grade.submission(complaints, cases), 3, "the list of answers")
    for found, (_, label) in zip(answer, cases, strict=True):
        if 0 < label.sum() < 5:
            accuracy = tensor(sequence(found, 2, "what two_sample_test returns")[1], (), "accuracy").item()
            truth = best(logit.tolist(), label.tolist())
            assert abs(accuracy - truth) < 1e-6, "two samples of different size are refused"
        else:
            assert found == "ValueError", "an empty sample does not raise ValueError"
