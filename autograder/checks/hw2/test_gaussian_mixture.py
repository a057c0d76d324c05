"""Hidden checks of hw2/gaussian_mixture: expectation maximisation for a mixture of Gaussians.

Oracle   E-step: Bayes' rule component by component with `torch.distributions`; far away, two components with the same
         covariance, whose log odds are linear in x. M-step: weighted moments by `numpy.average` and `numpy.cov`, and
         perturbed parameters, which must not raise the expected complete log-likelihood. EM: a second implementation
         in NumPy with loops, from the same start; the log-likelihoods of the parameters that were returned.
Error    Oracles and reference agree to 1e-9; 1e-4 is allowed, of the size of what is compared: float32 will do inside,
         except far away, where the differences of squared distances need the float64 that was sent.
Cost     0.2 s.
Rejects  every mistake in gaussian_mixture.mistakes.md.
"""

import numpy as np
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from autograder.checking import Failed, Grade, hint, points, probe, sequence, tensor
from autograder.judging.instruments import between, near_max, normal, uniform

PROMISES = {
    "e_step": {
        "Responsibilities p(component k | x_n) of a Gaussian mixture: (N, K), every row sums to 1.": "e_step",
        "X (N, D) are the points; pi (K,) > 0 the weights of the components, mean (K, D) their means": "e_step",
        "a point a thousand standard deviations away from every component still has a row of finite numbers": (
            "far_points"
        ),
    },
    "m_step": {
        "The parameters that maximise the expected complete log-likelihood: pi (K,), mean (K, D), cov (K, D, D).": (
            "weights_and_means, covariances, maximum"
        ),
        "X (N, D) are the points, R (N, K) the responsibilities: rows sum to 1": "weights_and_means",
        "over all weights that sum to 1, all means and all full covariance matrices, without any regularisation.": (
            "maximum, covariances"
        ),
    },
    "em": {
        "`steps` steps of expectation maximisation from the given parameters: (pi, mean, cov, log_likelihoods).": "em",
        "one step is an E-step followed by an M-step.": "em",
        "log_likelihoods (steps + 1,) holds the mean over the points of log p(x_n), in nats": "log_likelihoods",
        "The arguments are left as they were.": "em",
    },
}


@probe
def responsibilities(student, X: Tensor, pi: Tensor, mean: Tensor, cov: Tensor) -> Tensor:
    return student.e_step(X, pi, mean, cov)


@probe
def maximiser(student, X: Tensor, R: Tensor) -> list:
    return student.m_step(X, R)


@probe
def runs(student, X: Tensor, pi: Tensor, mean: Tensor, cov: Tensor, many_steps: list) -> list:
    """EM from the same start for every number of steps, and what became of the start."""
    return [[student.em(X, pi, mean, cov, steps) for steps in many_steps], [X, pi, mean, cov]]


def random_covariances(rng: torch.Generator, K: int, D: int) -> Tensor:
    root = normal(rng, K, D, D)
    return root @ root.mT + 0.3 * torch.eye(D, dtype=torch.float64)


def random_mixture(rng: torch.Generator, K: int, D: int) -> tuple[Tensor, Tensor, Tensor]:
    """Weights, means and covariances; no two weights alike."""
    return normal(rng, K).softmax(0), 2 * normal(rng, K, D), random_covariances(rng, K, D)


def random_points(rng: torch.Generator, N: int, K: int, D: int) -> Tensor:
    """N points in K clusters that overlap."""
    cluster = torch.arange(N) % K
    return 2 * normal(rng, K, D)[cluster] + torch.einsum("nij,nj->ni", normal(rng, K, D, D)[cluster], normal(rng, N, D))


def random_shares(rng: torch.Generator, N: int, K: int) -> Tensor:
    """Responsibilities that give some components more than others."""
    return (normal(rng, N, K) + normal(rng, K)).softmax(1)


SMALLEST, LARGEST = 1e-3, 1e4  # of a standard deviation, of a parameter: `random_path` leaves both far behind


def log_joint(X: Tensor, pi: Tensor, mean: Tensor, cov: Tensor) -> Tensor:
    """log pi_k + log N(x_n; mean_k, cov_k), (N, K). Raises Failed when these are no parameters of a mixture."""
    if (pi <= 0).any() or abs(pi.sum() - 1) > 1e-4:
        raise Failed("the weights pi are not positive numbers that sum to 1")
    root, info = torch.linalg.cholesky_ex(cov)
    if (cov - cov.mT).abs().max() > 1e-4 * cov.abs().max() or info.any():
        raise Failed("a covariance matrix is not symmetric and positive definite")
    if root.diagonal(dim1=1, dim2=2).min() < SMALLEST:
        raise Failed("a covariance matrix is far narrower than the points allow")
    columns = [MultivariateNormal(m, c, validate_args=False).log_prob(X) for m, c in zip(mean, cov, strict=True)]
    return pi.log() + torch.stack(columns, 1)


def log_likelihood(X: Tensor, pi: Tensor, mean: Tensor, cov: Tensor) -> float:
    return log_joint(X, pi, mean, cov).logsumexp(1).mean().item()


def parameters(answer: list, K: int, D: int, function: str) -> tuple[Tensor, Tensor, Tensor]:
    shapes = {"pi": (K,), "mean": (K, D), "cov": (K, D, D)}
    pairs = zip(answer, shapes.items(), strict=False)
    return tuple(tensor(part, shape, f"{name} from {function}", largest=LARGEST) for part, (name, shape) in pairs)


def maximum(grade: Grade, X: Tensor, R: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The submission's M-step."""
    answer = sequence(grade.submission(maximiser, X, R), 3, "the result of m_step")
    return parameters(answer, R.shape[1], X.shape[1], "m_step")


def weighted_moments(X: Tensor, R: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weights, means and covariances of X under the columns of R, by NumPy."""
    X, columns = X.numpy(), R.numpy().T
    mean = [np.average(X, axis=0, weights=column) for column in columns]
    cov = [np.atleast_2d(np.cov(X, rowvar=False, ddof=0, aweights=column)) for column in columns]
    return tuple(torch.from_numpy(np.array(part)) for part in (columns.mean(1), mean, cov))


def slow_step(X: Tensor, pi: Tensor, mean: Tensor, cov: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One step of expectation maximisation, component by component in NumPy."""
    R = np.zeros((len(X), len(pi)))
    for k, (m, c) in enumerate(zip(mean.numpy(), cov.numpy(), strict=True)):
        off = X.numpy() - m
        R[:, k] = np.log(pi[k]) - 0.5 * np.linalg.slogdet(c)[1] - 0.5 * (off * np.linalg.solve(c, off.T).T).sum(1)
    R = np.exp(R - R.max(axis=1, keepdims=True))
    return weighted_moments(X, torch.from_numpy(R / R.sum(axis=1, keepdims=True)))


def random_path(rng: torch.Generator, N: int, K: int, D: int, steps: int) -> tuple[Tensor, list]:
    """Points, and the parameters before each step of EM and after the last; drawn again when a component shrinks."""
    while True:
        X = random_points(rng, N, K, D)
        path = [(normal(rng, K).softmax(0), X[:K] + normal(rng, K, D), 2 * random_covariances(rng, K, D))]
        while len(path) <= steps and path[-1][0].min() > 0.05 and torch.linalg.eigvalsh(path[-1][2]).min() > 0.02:
            path.append(slow_step(X, *path[-1]))
        if len(path) > steps:
            return X, path


def plateau(rng: torch.Generator) -> tuple[Tensor, list]:
    """Points in two clusters, and ten steps of EM from two components that nearly coincide.

    The likelihood hardly grows in the first step, and yet the parameters move: they are on their way.
    """
    while True:
        X = normal(rng, 40, 2)
        X[:20] += 3 * torch.nn.functional.normalize(normal(rng, 2), dim=0)
        cov = torch.cov(X.T, correction=0).repeat(2, 1, 1)
        path = [slow_step(X, normal(rng, 2).softmax(0), X.mean(0) + 0.005 * normal(rng, 2, 2), cov)]
        for _ in range(10):
            path.append(slow_step(X, *path[-1]))
        moved = max((late - early).abs().max() for late, early in zip(path[10], path[1], strict=True))
        if log_likelihood(X, *path[1]) - log_likelihood(X, *path[0]) < 5e-6 and moved > 2e-2:
            return X, path


SIZES = (9, 3, 2), (7, 2, 3), (5, 4, 1)  # points, components, dimensions


@points("1/5")
@hint("Bayes' rule: weight times density, divided by its sum over the components of the same point.")
def test_e_step(grade):
    """`e_step` gives the posterior over the components of every point."""
    for N, K, D in SIZES:
        X, mixture = 2 * normal(grade.rng, N, D), random_mixture(grade.rng, K, D)
        R = tensor(grade.submission(responsibilities, X, *mixture), (N, K), "the result of e_step")
        assert (R.sum(1) - 1).abs().max() < 1e-4, "the responsibilities of a point do not sum to 1"
        assert near_max(R, log_joint(X, *mixture).softmax(1)), "the responsibilities are not right"
    # Two components that hardly overlap, points in either: the other's share is small, and right all the same.
    rng, D = grade.rng, 2
    gap = uniform(rng, 7, 8) * torch.nn.functional.normalize(normal(rng, D), dim=0)
    mean, cov = torch.stack([gap, -gap]) / 2, torch.eye(D, dtype=torch.float64) * between(rng, 0.9, 1.3, 2, 1, 1)
    X, pi = mean[[0, 1, 0, 1]] + normal(rng, 4, D) / 4, normal(rng, 2).softmax(0)
    R = tensor(grade.submission(responsibilities, X, pi, mean, cov), (4, 2), "the result of e_step")
    ratio = R / log_joint(X, pi, mean, cov).softmax(1)
    assert ((ratio - 1).abs() < 1e-3).all(), "a small responsibility is not right"


@points("1/10")
@hint("Far away every density is 0 in floating point, but its logarithm is an ordinary number: normalise logarithms.")
def test_far_points(grade):
    """Points a thousand standard deviations away still have the right responsibilities."""
    rng, N, D = grade.rng, 6, 2
    direction = torch.nn.functional.normalize(normal(rng, N, D), dim=1)
    X = direction * (600 + 1000 * torch.rand(N, 1, generator=rng, dtype=torch.float64))
    # The same covariance, means that nearly coincide: the log odds are linear in x, and of order 1 at these points.
    pi, mean, cov = normal(rng, 2).softmax(0), 1e-3 * normal(rng, 2, D), random_covariances(rng, 1, D)
    precise = mean @ torch.linalg.inv(cov[0])
    truth = (X @ precise.T - 0.5 * (precise * mean).sum(1) + pi.log()).softmax(1)
    answer = grade.submission(responsibilities, X, pi, mean, cov.repeat(2, 1, 1))
    R = tensor(answer, (N, 2), "the result of e_step for far points")
    assert (R.sum(1) - 1).abs().max() < 1e-4, "the responsibilities of a point far away do not sum to 1"
    assert (R - truth).abs().max() < 1e-4, "the responsibilities of points far away are not right"
    # Many dimensions with small variances: the determinant of a covariance matrix is 0 in floating point.
    D, std = 100, 0.02
    direction, wider = torch.nn.functional.normalize(normal(rng, 2, D), dim=1), between(rng, 0.5, 2, 2)
    cov = std**2 * (torch.eye(D, dtype=torch.float64) + torch.einsum("k,ki,kj->kij", wider, direction, direction))
    mean, X = std * normal(rng, 2, D) / 10, std * normal(rng, N, D)
    R = tensor(grade.submission(responsibilities, X, pi, mean, cov), (N, 2), "the result of e_step in 100 dimensions")
    assert (R - log_joint(X, pi, mean, cov).softmax(1)).abs().max() < 1e-3, (
        "the responsibilities in many dimensions are not right: does a determinant underflow?"
    )


@points("1/10")
@hint("A component's weight is its average responsibility, its mean an average of the points with weights R[:, k].")
def test_weights_and_means(grade):
    """`m_step` gives the weights and the means of the components."""
    for N, K, D in SIZES:
        X, R = 1 + normal(grade.rng, N, D), random_shares(grade.rng, N, K)
        (pi, mean, _), truth = maximum(grade, X, R), weighted_moments(X, R)
        assert near_max(pi, truth[0]), "the weights pi from m_step are not right"
        assert near_max(mean, truth[1]), "the means from m_step are not right"


@points("1/10")
@hint("Within a component: outer products of the distances to its new mean, averaged with the weights R[:, k].")
def test_covariances(grade):
    """`m_step` gives the full covariance matrices of the components."""
    for N, K, D in SIZES:
        X, R = 1 + normal(grade.rng, N, D), random_shares(grade.rng, N, K)
        (*_, cov), truth = maximum(grade, X, R), weighted_moments(X, R)
        assert near_max(cov, truth[2]), "the covariances from m_step are not right"


@points("1/10")
@hint("Set the derivatives of the expected complete log-likelihood to zero; the weights carry a Lagrange multiplier.")
def test_maximum(grade):
    """No parameters near those of `m_step` have a larger expected complete log-likelihood."""
    rng, N, K, D = grade.rng, 20, 3, 2
    X, R = random_points(rng, N, K, D), random_shares(rng, N, K)
    pi, mean, cov = maximum(grade, X, R)
    cov = (cov + cov.mT) / 2  # up to rounding it is symmetric, which `test_covariances` judges
    best = (R * log_joint(X, pi, mean, cov)).sum()
    highest = (R * log_joint(X, *weighted_moments(X, R))).sum()
    # Far from the points every direction is flat: there, too, no parameters nearby are better.
    assert best > highest - 1e-4 * highest.abs(), "other parameters than those of m_step are more likely"
    root = torch.linalg.cholesky(cov)
    for size in (0.3, 0.1, 0.03, 0.01):
        for _ in range(5):
            near_root = root + size * normal(rng, K, D, D).tril() * root.abs().amax((1, 2), keepdim=True)
            others = {
                "weights": ((pi.log() + size * normal(rng, K)).softmax(0), mean, cov),
                "means": (pi, mean + size * normal(rng, K, D), cov),
                "covariances": (pi, mean, near_root @ near_root.mT),
            }
            for name, other in others.items():
                value = (R * log_joint(X, *other)).sum()
                # Rounding: a solution in float32 is good to 1e-6 of the value.
                assert value < best + 1e-6 * highest.abs(), f"other {name} than those of m_step are more likely"


@points("1/5")
@hint("The mean over points of the log of a sum over components; the last entry belongs to what is returned.")
def test_log_likelihoods(grade):
    """`em` reports the mean log-likelihood before every step and after the last one."""
    rng, K, D, T = grade.rng, 2, 3, 4  # with D = 2 a lost factor D / 2 would not be seen
    X, (start, *_) = random_path(rng, 50, K, D, T)
    answer = sequence(grade.submission(runs, X, *start, list(range(T + 1))), 2, "the runs of em")
    truth = []
    for run in sequence(answer[0], T + 1, "the runs of em"):
        found = parameters(sequence(run, 4, "the result of em"), K, D, "em")
        truth.append(log_likelihood(X, *found))
    reported = tensor(answer[0][T][3], (T + 1,), "log_likelihoods, one more than steps")
    assert abs(truth[0] - log_likelihood(X, *start)) < 1e-4, "em with no step should return the parameters it was given"
    truth = torch.tensor(truth, dtype=torch.float64)
    assert (truth.diff().abs() > 1e-8).all(), "a step of em leaves the parameters as they were"
    assert near_max(reported[0], truth[0]), "the first log-likelihood is not that of the parameters that em was given"
    assert near_max(reported[-1], truth[-1]), "the last log-likelihood is not that of the parameters that em returns"
    assert near_max(reported, truth), "a log-likelihood is not that of the parameters after as many steps"


@points("1/5")
@hint("One step is one E-step, then one M-step for all parameters; each starts from what the last one returned.")
def test_em(grade):
    """`em` climbs: it is expectation maximisation from the given start, which never lowers the likelihood."""
    rng, many_steps = grade.rng, [1, 3, 10]
    paths = [random_path(rng, N, K, D, max(many_steps)) for N, K, D in ((60, 3, 2), (50, 2, 3))]
    for X, path in (*paths, plateau(rng)):
        start = path[0]
        K, D = start[1].shape
        answer = sequence(grade.submission(runs, X, *start, many_steps), 2, "the runs of em")
        values = [log_likelihood(X, *start)]
        for run, steps in zip(sequence(answer[0], len(many_steps), "the runs of em"), many_steps, strict=True):
            found = parameters(sequence(run, 4, "the result of em"), K, D, "em")
            values.append(log_likelihood(X, *found))
            assert values[-1] > values[-2] - 1e-6, "the log-likelihood went down: EM never does that"
            for name, part, truth in zip(("pi", "mean", "cov"), found, path[steps], strict=True):
                assert near_max(part, truth), f"{name} is not what as many steps of EM give"
        after = sequence(answer[1], 4, "what em was given")
        for part, sent in zip(after, (X, *start), strict=True):
            given = tensor(part, tuple(sent.shape), "what em was given")
            assert torch.equal(given, sent), "em changes the tensors that it was given: work on copies"
