"""Hidden checks of hw2/change_of_variables: log-determinants by automatic differentiation, and densities that move.

Oracle   Closed forms for exp, a cubic, rotations and affine maps; central differences of a random network and its
         determinant; log-densities of `torch.distributions`; in one dimension the density must integrate to 1.
Error    Closed forms agree with the reference to 1e-12, central differences to 1e-8; 1e-4 is allowed.
Cost     0.1 s.
Rejects  every mistake in change_of_variables.mistakes.md.
"""

import math

import torch
from torch import Tensor
from torch.distributions import LogNormal, MultivariateNormal

from autograder.checking import Grade, hint, points, probe, tensor
from autograder.judging.instruments import between, near_max, normal, uniform

PROMISES = {
    "log_abs_det_jacobian": {
        "log |det df/dx| at every row of x: (B,).": "known_determinants, networks",
        "x is (B, D); `f` is made of torch operations, takes (B, D) to (B, D) and acts on every row by itself.": (
            "networks"
        ),
        "The Jacobian comes from automatic differentiation.": "networks",
        "The determinant may be negative, and it may be too small or too large for a floating-point number": (
            "beyond_floating_point, known_determinants"
        ),
    },
    "transformed_log_prob": {
        "Log-density of x = f(z) at the rows of x (B, D), for a z with density exp(log_prob_z): (B,), in nats.": (
            "density"
        ),
        "`log_prob_z` takes z (B, D) to log-densities (B,).": "density",
        "`f_inverse` is the inverse of f: it takes x (B, D) to z (B, D), row by row": "density",
    },
}


@probe
def maps(kind: str, *parts) -> object:
    """A map of rows (B, D) to rows (B, D)."""
    if kind == "network":  # straight plus bent: matrix, first and second layer, size of the bend
        return lambda x: x @ parts[0].T + parts[3] * torch.tanh(x @ parts[1].T) @ parts[2].T
    return {
        "exp": torch.exp,
        "log": torch.log,
        "coupling": lambda x: torch.cat([x[:, :1], x[:, 1:] * torch.exp(torch.tanh(parts[0] * x[:, :1]))], 1),
        "cubic": lambda x: parts[0] * x**3 + parts[1] * x,
        "affine": lambda x: x @ parts[0].T + parts[1],
        "exp of a rotation": lambda x: torch.exp(x @ parts[0].T),
        "straighten": lambda x: parts[0] * x + parts[1] * torch.asinh(x),
    }[kind]


@probe
def base(kind: str, *parts) -> object:
    """A log-density of rows (..., D)."""
    if kind == "logistic":
        return lambda z: (-z - 2 * torch.nn.functional.softplus(-z)).sum(-1)
    return lambda z: (-0.5 * ((z - parts[0]) / parts[1]) ** 2 - parts[1].log() - 0.5 * math.log(2 * math.pi)).sum(-1)


@probe
def log_determinant(student, f: list, x: Tensor) -> Tensor:
    return student.log_abs_det_jacobian(maps(*f), x)


@probe
def moved(student, log_prob_z: list, f_inverse: list, x: Tensor) -> Tensor:
    return student.transformed_log_prob(base(*log_prob_z), maps(*f_inverse), x)


def rotation(rng: torch.Generator, D: int, sign: int) -> Tensor:
    """A random orthogonal matrix with determinant `sign`."""
    matrix = torch.linalg.qr(normal(rng, D, D))[0]
    matrix[0] *= sign * torch.linalg.det(matrix).sign()
    return matrix


def answered(grade: Grade, f: list, x: Tensor) -> Tensor:
    return tensor(grade.submission(log_determinant, f, x), (len(x),), "the result of log_abs_det_jacobian")


@points("1/5")
@hint("The Jacobian of every row by itself, its determinant, the absolute value of that, the logarithm of that.")
def test_known_determinants(grade):
    """exp, a cubic, rotations and affine maps have the log-determinants that one finds on paper."""
    rng = grade.rng
    for B, D in ((4, 3), (1, 2), (5, 1)):
        x, slope = normal(rng, B, D), between(rng, 0.5, 1.5, 2, D)
        for sign in (1, -1):
            turn, scale = rotation(rng, D, sign), between(rng, 0.4, 2.5, D)
            for f, truth in (
                (["exp"], x.sum(1)),
                (["cubic", sign * slope[0], sign * slope[1]], (3 * slope[0] * x**2 + slope[1]).log().sum(1)),
                (["affine", turn * scale, normal(rng, D)], scale.log().sum().expand(B)),
                (["exp of a rotation", turn], (x @ turn.T).sum(1)),
            ):
                answer, what = answered(grade, f, x), f[0] if f[0] != "affine" else "an affine map"
                assert near_max(answer, truth), f"the log-determinant of {what} is not right"


@points("1/5")
@hint("The map acts on every row by itself, and each row has its own Jacobian with D times D entries.")
def test_networks(grade):
    """The log-determinants of random networks are those of finite differences, row by row."""
    rng, h = grade.rng, 1e-5
    for B, D in ((5, 3), (3, 4)):
        x = normal(rng, B, D)
        f = ["network", normal(rng, D, D), normal(rng, 8, D), normal(rng, D, 8), between(rng, 0.3, 0.6)]
        steps = h * torch.eye(D, dtype=torch.float64)
        columns = [(maps(*f)(x + step) - maps(*f)(x - step)) / (2 * h) for step in steps]
        truth = torch.linalg.slogdet(torch.stack(columns, -1)).logabsdet
        assert near_max(answered(grade, f, x), truth), "the log-determinant of a network is not right"
        slope = uniform(rng, 0.5, 1.5)
        found = answered(grade, ["coupling", slope], x)
        assert near_max(found, (D - 1) * torch.tanh(slope * x[:, 0])), (
            "the log-determinant of a map that looks at the first column of x (B, D) is not right"
        )


@points("1/5")
@hint("Do not compute the determinant first: torch.linalg has the logarithm of its absolute value in one function.")
def test_beyond_floating_point(grade):
    """Determinants too small or too large for a float still have a logarithm."""
    rng, D = grade.rng, 40
    x = normal(rng, 2, D)
    for power in (-12, 12):
        scale = 10.0**power * between(rng, 0.5, 2, D)
        answer = grade.submission(log_determinant, ["affine", rotation(rng, D, -1) * scale, normal(rng, D)], x)
        answer = tensor(answer, (2,), "the log-determinant of a map that shrinks or stretches a lot")
        assert near_max(answer, scale.log().sum().expand(2)), "a determinant beyond floating point loses its logarithm"


@points("2/5")
@hint("The density of z at f_inverse(x), times how much f_inverse stretches space at x.")
def test_density(grade):
    """`transformed_log_prob` is the log-density of f(z): right for known laws, and it integrates to 1."""
    rng, B, D = grade.rng, 5, 3
    mean, std = normal(rng, D), between(rng, 0.4, 1.6, D)
    x = normal(rng, B, D).exp()
    turn, shift = rotation(rng, D, -1) * between(rng, 0.5, 2, D), normal(rng, D)
    inverse = torch.linalg.inv(turn)
    covariance = inverse @ torch.diag(std**2) @ inverse.T
    for f_inverse, truth in (
        (["log"], LogNormal(mean, std).log_prob(x).sum(1)),
        (["affine", turn, shift], MultivariateNormal(inverse @ (mean - shift), covariance).log_prob(x)),
    ):
        answer = grade.submission(moved, ["normal", mean, std], f_inverse, x)
        answer = tensor(answer, (B,), "the result of transformed_log_prob")
        assert near_max(answer, truth), "transformed_log_prob is not right for a map and a density with a known result"
    grid = torch.linspace(-30, 30, 601, dtype=torch.float64)[:, None]
    for log_prob_z in (["normal", mean[:1], std[:1]], ["logistic"]):
        f_inverse = ["straighten", between(rng, 0.5, 1), between(rng, 0.5, 1.5)]
        answer = tensor(
            grade.submission(moved, log_prob_z, f_inverse, grid), (601,), "the result of transformed_log_prob"
        )
        assert abs(answer.exp().sum() * 0.1 - 1) < 1e-3, "the density of f(z) does not integrate to 1"
