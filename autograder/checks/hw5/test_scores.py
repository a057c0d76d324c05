"""Hidden checks of hw5/scores: the Inception score, the Fréchet distance, and FID.

Oracle   The score by loops over samples and classes in Python floats. The distance by the eigenvalues of cov1 cov2,
         which is not symmetric and has the same eigenvalues as the root's square; FID from sums over pairs of samples.
Error    The oracles agree with the reference to 1e-9; 1e-4 is allowed for scores, 1e-5 for distances.
Cost     0.1 s.
"""

import math

import torch
from torch import Tensor

from autograder.checking import hint, points, probe, sequence, tensor
from autograder.judging.instruments import near, normal

PROMISES = {
    "inception_score": {
        "exp of the mean KL(p(y | x) || p(y)) over the samples x": "inception_score, inception_ends",
        "a number () between 1 and K": "inception_ends",
        "each row has sum 1 and may hold zeros": "inception_ends",
        "p(y) is the mean row": "inception_score",
        "the samples are cut into that many parts of equal length in their order, each with a p(y) of its own": (
            "splits"
        ),
        "the result is the mean of the parts' scores": "splits",
    },
    "frechet_distance": {
        "The squared 2-Wasserstein distance of two Gaussians, known as the Fréchet distance: ().": "distance",
        "symmetric, possibly singular, and in general with different eigenvectors": "distance, singular",
        "|mean1 - mean2|^2 + tr(cov1) + tr(cov2) - 2 tr(R)": "distance",
        "R is the positive square root of cov1^(1/2) cov2 cov1^(1/2)": "distance, singular",
    },
    "fid": {
        "The Fréchet distance of the Gaussians with the means and covariances of two sets of features: ().": "fid",
        "x (N, d) and y (M, d) with N, M > 1, each possibly smaller than d": "fid, few_samples",
        "The covariances are the unbiased ones, with N - 1 and M - 1.": "fid",
    },
}


@probe
def inception(student, probs: Tensor, options: dict) -> Tensor:
    return student.inception_score(probs, **options)


@probe
def dtypes(student, probs: Tensor, case: list, x: Tensor, y: Tensor) -> list:
    """The dtype of what each function returns; plain numbers have none."""
    values = [student.inception_score(probs), student.frechet_distance(*case), student.fid(x, y)]
    return [str(value.dtype) if torch.is_tensor(value) else "no tensor" for value in values]


@probe
def frechet(student, mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> Tensor:
    return student.frechet_distance(mean1, cov1, mean2, cov2)


@probe
def fid_of(student, x: Tensor, y: Tensor) -> Tensor:
    return student.fid(x, y)


def true_score(rows: list[list[float]], n_splits: int) -> float:
    """By loops: for each part, exp of the mean KL divergence to its own mean row."""
    size, scores = len(rows) // n_splits, []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        mean = [sum(column) / size for column in zip(*part, strict=True)]
        kls = [sum(p * math.log(p / m) for p, m in zip(row, mean, strict=True) if p > 0) for row in part]
        scores.append(math.exp(sum(kls) / size))
    return sum(scores) / n_splits


@points("1/5")
@hint("The exponential comes last. And the divergence runs from each row to the mean row.")
def test_inception_score(grade):
    """The score with one part."""
    for N, K in ((12, 4), (30, 10), (5, 2)):
        probs = (2 * normal(grade.rng, N, K)).softmax(1)
        found = tensor(grade.submission(inception, probs, {}), (), "the score")
        assert near(found, true_score(probs.tolist(), 1)), "the Inception score is not right"


@points("1/10")
@hint("0 log 0 is 0. What is the score of a classifier that is always sure, with all classes equally often?")
def test_inception_ends(grade):
    """Rows with zeros: the score reaches K, falls to 1, and takes mixtures of sure and unsure rows."""
    K = 6
    sure = torch.eye(K, dtype=torch.float64)[torch.randperm(3 * K, generator=grade.rng) % K]
    found = tensor(grade.submission(inception, sure, {}), (), "the score")
    assert near(found, K), "the score of sure and even rows is not K"
    found = tensor(grade.submission(inception, sure[:1].repeat(7, 1), {}), (), "the score")
    assert near(found, 1), "the score of rows that are all the same is not 1"
    mixed = torch.cat([sure[:9], normal(grade.rng, 6, K).softmax(1)])
    found = tensor(grade.submission(inception, mixed, {}), (), "the score")
    assert near(found, true_score(mixed.tolist(), 1)), "the score is not right where some rows have zeros"


@points("1/10")
@hint("Every part has a marginal and a score of its own; the mean is over scores.")
def test_splits(grade):
    """With several parts the score is the mean of the parts' scores."""
    for N, K, n_splits in ((12, 3, 4), (20, 5, 2)):
        probs = (3 * normal(grade.rng, N, K)).softmax(1)
        found = tensor(grade.submission(inception, probs, {"n_splits": n_splits}), (), "the score")
        assert near(found, true_score(probs.tolist(), n_splits)), "the score with several parts is not right"


def covariance(rng: torch.Generator, d: int) -> Tensor:
    axes = torch.linalg.qr(normal(rng, d, d)).Q
    return axes @ torch.diag(0.1 + 3 * torch.rand(d, generator=rng, dtype=torch.float64)) @ axes.T


def covariances(rng: torch.Generator, d: int) -> tuple[Tensor, Tensor]:
    """Two that are far from commuting, unless they have one entry: else a product of roots is nearly the right root."""
    while True:
        first, second = covariance(rng, d), covariance(rng, d)
        if d == 1 or (first @ second - second @ first).norm() > 0.3 * d:
            return first, second


def true_distance(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> float:
    root = torch.linalg.eigvals(cov1 @ cov2).real.clamp(min=0).sqrt().sum()
    return ((mean1 - mean2).square().sum() + cov1.trace() + cov2.trace() - 2 * root).item()


@points("3/10")
@hint("A square root of a matrix is not taken entry by entry, and the root of a product is no product of roots.")
def test_distance(grade):
    """frechet_distance for covariances that do not commute, in both orders, and for equal ones."""
    for d in (2, 5, 1):
        first, second = covariances(grade.rng, d)
        case = [normal(grade.rng, d), first, normal(grade.rng, d), second]
        truth = true_distance(*case)
        for order in (case, case[2:] + case[:2]):
            found = tensor(grade.submission(frechet, *order), (), "the distance")
            assert near(found, truth, 1e-5), "frechet_distance is not right"
        found = tensor(grade.submission(frechet, *case[:2], case[2], case[1]), (), "the distance")
        gap = (case[0] - case[2]).square().sum().item()
        assert near(found, gap), "for equal covariances the distance is not that of the means"


@points("1/10")
@hint("Rounding makes a zero eigenvalue negative, and its root not a number. No inverse is needed either.")
def test_singular(grade):
    """frechet_distance for covariances that are singular."""
    d, common = 5, torch.linalg.qr(normal(grade.rng, 5, 5)).Q
    for _ in range(4):
        first, second = torch.rand(2, d, generator=grade.rng, dtype=torch.float64) + 0.5
        first[:2], second[1:3] = 0, 0  # in a common basis the distance is known: sum (sqrt a - sqrt b)^2
        covs = [common @ torch.diag(values) @ common.T for values in (first, second)]
        covs = [(cov + cov.T) / 2 for cov in covs]
        mean = normal(grade.rng, d)
        found = tensor(grade.submission(frechet, mean, covs[0], mean, covs[1]), (), "the distance")
        truth = (first.sqrt() - second.sqrt()).square().sum().item()
        assert near(found, truth, 1e-5), "frechet_distance is not right for singular covariances"


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """The mean, and the unbiased covariance as half the mean outer product of differences of pairs."""
    differences = x[:, None] - x[None]
    outer = torch.einsum("ijk,ijl->kl", differences, differences)
    return x.sum(0) / len(x), outer / (2 * len(x) * (len(x) - 1))


@points("3/20")
@hint("Rows are samples, columns are features. Unbiased means N - 1.")
def test_fid(grade):
    """fid from two sets of features of different sizes."""
    for N, M, d in ((9, 7, 3), (6, 20, 4), (8, 8, 1)):
        x, y = normal(grade.rng, N, d) @ normal(grade.rng, d, d), 1.5 * normal(grade.rng, M, d) + 0.5
        found = tensor(grade.submission(fid_of, x, y), (), "the result of fid")
        assert near(found, true_distance(*moments(x), *moments(y)), 1e-5), "fid is not right"


@points("1/20")
@hint("With fewer samples than features a covariance is singular, no more. And results inherit the dtype.")
def test_few_samples(grade):
    """fid with fewer samples than features, where covariances are singular; and the dtype of all three results."""
    N, M, d = 4, 5, 9  # the root has the singular values of one small matrix
    x, y = normal(grade.rng, N, d), normal(grade.rng, M, d) + 0.3
    (mean_x, cov_x), (mean_y, cov_y) = moments(x), moments(y)
    rows, columns = (x - mean_x) / math.sqrt(N - 1), (y - mean_y) / math.sqrt(M - 1)
    root = torch.linalg.svdvals(rows @ columns.T).sum()
    truth = ((mean_x - mean_y).square().sum() + cov_x.trace() + cov_y.trace() - 2 * root).item()
    found = tensor(grade.submission(fid_of, x, y), (), "the result of fid")
    assert near(found, truth, 1e-5), "fid is not right with fewer samples than features"
    probs, case = normal(grade.rng, 6, 3).softmax(1), [mean_x, cov_x, mean_y, cov_y]
    kinds = sequence(grade.submission(dtypes, probs, case, x, y), 3, "the dtypes")
    for kind, name in zip(kinds, ("inception_score", "frechet_distance", "fid"), strict=True):
        assert kind in ("torch.float64", "no tensor"), f"the result of {name} is not in the dtype of what it is given"
