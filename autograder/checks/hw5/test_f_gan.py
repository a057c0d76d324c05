"""Hidden checks of hw5/f_gan: conjugates, activations and the variational bound (Nowozin et al., 2016).

Oracle   The conjugate by a numerical search for the supremum (the objective has one hump in log u); the activation by
         its formula, in which nothing can be simplified wrongly; the bound at the best critic between two
         distributions on a few points, where it must equal the divergence sum q f(p / q), and lies above any other.
Error    The search agrees with the reference to 1e-9; 1e-4 is allowed.
Cost     0.2 s.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor
from autograder.judging.instruments import between, near

PROMISES = {
    "conjugate": {
        "The convex conjugate f*(t) = sup over u > 0 of (t u - f(u)) at every entry of t.": "conjugates",
        "It is infinite where the supremum is.": "outside_the_domain",
        "Raises ValueError for a name that is not one of the six.": "names",
    },
    "activation": {
        "What turns the output v of a network into a number of the domain of f*, at every entry.": "activations",
        "v, -exp(-v), v, 1 - exp(-v), log 2 - log(1 + exp(-v)), -log(1 + exp(-v))": "activations",
        "Raises ValueError for a name that is not one of the six.": "names",
    },
    "f_gan_bound": {
        "mean T(x), x from p, minus mean f*(T(x)), x from q: ()": "bound",
        "v_real (N,) and v_fake (M,) are the outputs of the network": "bound",
        "before the activation; T is their activation": "bound",
        "it can be differentiated with respect to both": "gradient_of_the_bound",
        "It is right in float64 for outputs of any size up to 100.": "large_outputs",
        "Raises ValueError for a name that is not one of the six.": "names",
    },
}
NAMES = ("kl", "reverse_kl", "pearson", "hellinger", "js", "gan")
F_OF = {
    "kl": lambda u: u * u.log(),
    "reverse_kl": lambda u: -u.log(),
    "pearson": lambda u: (u - 1) ** 2,
    "hellinger": lambda u: (u.sqrt() - 1) ** 2,
    "js": lambda u: u * u.log() - (u + 1) * ((u + 1) / 2).log(),
    "gan": lambda u: u * u.log() - (u + 1) * (u + 1).log(),
}
DOMAINS = {
    "kl": (-4.0, 3.0),
    "reverse_kl": (-5.0, -0.05),
    "pearson": (-5.0, 4.0),
    "hellinger": (-5.0, 0.9),
    "js": (-4.0, 0.65),
    "gan": (-4.0, -0.05),
}
ENDS = {"reverse_kl": 0.0, "hellinger": 1.0, "js": math.log(2), "gan": 0.0}


@probe
def conjugates(student, names: list, ts: list) -> list:
    return [student.conjugate(name, t) for name, t in zip(names, ts, strict=True)]


@probe
def activations(student, names: list, v: Tensor) -> list:
    return [student.activation(name, v) for name in names]


@probe
def bounds(student, names: list, v_real: list, v_fake: list) -> list:
    return [student.f_gan_bound(*case) for case in zip(names, v_real, v_fake, strict=True)]


@probe
def slopes(student, name: str, v_real: Tensor, v_fake: Tensor, factor: float) -> list:
    """Gradients of factor times the bound."""
    v_real, v_fake = v_real.clone().requires_grad_(), v_fake.clone().requires_grad_()
    return torch.autograd.grad(factor * student.f_gan_bound(name, v_real, v_fake), [v_real, v_fake])


@probe
def complaints(student, name: str, v: Tensor) -> list:
    """What each function does with that name: the error's type, or that there was none."""
    said = []
    for call in (student.conjugate, student.activation, lambda name, v: student.f_gan_bound(name, v, v)):
        try:
            call(name, v)
            said.append("no error")
        except ValueError:
            said.append("ValueError")
        except Exception:
            said.append("another error")
    return said


def supremum(name: str, t: Tensor) -> Tensor:
    """sup over u of t u - f(u), by golden section in log u."""
    low, high = torch.full_like(t, -60.0), torch.full_like(t, 15.0)

    def value(log_u: Tensor) -> Tensor:
        return t * log_u.exp() - F_OF[name](log_u.exp())

    for _ in range(110):
        a, b = high - 0.618034 * (high - low), low + 0.618034 * (high - low)
        better = value(a) > value(b)
        low, high = torch.where(better, low, a), torch.where(better, b, high)
    return value((low + high) / 2)


def activated(name: str, v: Tensor) -> Tensor:
    """The formulas of the docstring."""
    return {
        "kl": v,
        "reverse_kl": -1 / v.exp(),
        "pearson": v,
        "hellinger": 1 - 1 / v.exp(),
        "js": math.log(2) - torch.logaddexp(torch.zeros_like(v), -v),
        "gan": -torch.logaddexp(torch.zeros_like(v), -v),
    }[name]


def composed(name: str, v: Tensor) -> Tensor:
    """f* of the activation, worked out on paper; `test_bound` compares it with the numerical supremum."""
    return {
        "kl": torch.exp(v - 1),
        "reverse_kl": v - 1,
        "pearson": torch.where(v > -2, v * (v / 4 + 1), -1.0),
        "hellinger": torch.expm1(v),
        "js": torch.logaddexp(torch.zeros_like(v), v) - math.log(2),
        "gan": torch.logaddexp(torch.zeros_like(v), v),
    }[name]


def raw_optimum(name: str, ratio: Tensor) -> Tensor:
    """The output v whose activation is f'(ratio), found by bisection on the slope of f."""
    step = 1e-5 * ratio
    slope = (F_OF[name](ratio + step) - F_OF[name](ratio - step)) / (2 * step)
    low, high = torch.full_like(ratio, -40.0), torch.full_like(ratio, 40.0)
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (
            torch.where(activated(name, middle) < slope, middle, low),
            torch.where(activated(name, middle) < slope, high, middle),
        )
    return (low + high) / 2


def true_bound(name: str, v_real: Tensor, v_fake: Tensor) -> Tensor:
    return activated(name, v_real).mean() - supremum(name, activated(name, v_fake)).mean()


@points("1/4")
@hint("Set the derivative of t u - f(u) to zero, and put the u that you find back. May that u be negative?")
def test_conjugates(grade):
    """conjugate is the supremum of t u - f(u) over u > 0, inside the domain."""
    for shape in ((9,), (2, 4)):
        ts = [between(grade.rng, *DOMAINS[name], *shape) for name in NAMES]
        answer = sequence(grade.submission(conjugates, list(NAMES), ts), 6, "the list of conjugates")
        for name, t, found in zip(NAMES, ts, answer, strict=True):
            found = tensor(found, shape, f"the conjugate for {name}")
            assert near(found, supremum(name, t)), f"the conjugate is not right for {name}"
    t = torch.tensor([-7.0, -3.0, -2.5], dtype=torch.float64) - between(grade.rng, 0, 0.4, 3)
    answer = sequence(grade.submission(conjugates, ["pearson"], [t]), 1, "the list of conjugates")
    found = tensor(answer[0], (3,), "the conjugate for pearson")
    assert near(found, supremum("pearson", t)), "the conjugate is not right for pearson and very negative t"


@points("3/20")
@hint("Beyond the end of the domain t u grows faster than f(u).")
def test_outside_the_domain(grade):
    """conjugate is infinite where the supremum is, and finite just before."""
    names, shift = list(ENDS), torch.cat([between(grade.rng, 0.01, 0.1, 1), between(grade.rng, 0.1, 2, 2)])
    ts = [torch.cat([end + shift, torch.tensor([end - 1e-3], dtype=torch.float64)]) for end in ENDS.values()]
    answer = sequence(grade.submission(conjugates, names, ts), len(names), "the list of conjugates")
    for name, t, found in zip(names, ts, answer, strict=True):
        found = tensor(found, (4,), f"the conjugate for {name}", finite=False)
        assert (found[:3] == math.inf).all(), f"the conjugate for {name} is not infinite outside the domain"
        assert near(found[3:], supremum(name, t[3:])), f"the conjugate for {name} is not right near the end"
    names = [name for name in ENDS if name != "js"]  # whose end, log 2, is no number of a computer's
    ts = [torch.full((2,), ENDS[name], dtype=torch.float64) for name in names]
    answer = sequence(grade.submission(conjugates, names, ts), len(names), "the list of conjugates")
    for name, found in zip(names, answer, strict=True):
        found = tensor(found, (2,), f"the conjugate for {name}", finite=False)
        assert (found == math.inf).all(), f"the conjugate for {name} is not infinite at the end of the domain"


@points("1/10")
@hint("The docstring has the six formulas, in the order of the names at the top of the module.")
def test_activations(grade):
    """activation is the formula of each divergence."""
    for shape in ((7,), (2, 3)):
        v = between(grade.rng, -4, 4, *shape)
        answer = sequence(grade.submission(activations, list(NAMES), v), 6, "the list of activations")
        for name, found in zip(NAMES, answer, strict=True):
            found = tensor(found, shape, f"the activation for {name}")
            assert near(found, activated(name, v)), f"the activation is not right for {name}"


@points("1/4")
@hint("Real points go through the activation only, generated ones through the activation and then through f*.")
def test_bound(grade):
    """The bound is tight for the best critic, and is what its definition says for any other."""
    counts_p, counts_q = torch.randint(1, 6, (2, 4), generator=grade.rng)
    counts_q[-1] += counts_p.sum() - counts_q.sum() if counts_p.sum() > counts_q.sum() else 0
    p, q = counts_p / counts_p.sum().double(), counts_q / counts_q.sum().double()
    best = {name: raw_optimum(name, p / q) for name in NAMES}
    rows = [best[name].repeat_interleave(counts_p) for name in NAMES]
    columns = [best[name].repeat_interleave(counts_q) for name in NAMES]
    answer = sequence(grade.submission(bounds, list(NAMES), rows, columns), 6, "the list of bounds")
    for name, found in zip(NAMES, answer, strict=True):
        divergence = (q * F_OF[name](p / q)).sum()
        assert near(tensor(found, (), "the bound"), divergence), f"the bound is not tight for {name}"
    v_real = [between(grade.rng, -3, 3, 5) for _ in NAMES]
    # some below -2 in every run, where the parabola of Pearson's conjugate ends
    v_fake = [torch.cat([between(grade.rng, -3, -2.3, 2), between(grade.rng, -3, 3, 6)]) for _ in NAMES]
    answer = sequence(grade.submission(bounds, list(NAMES), v_real, v_fake), 6, "the list of bounds")
    for name, real, fake, found in zip(NAMES, v_real, v_fake, answer, strict=True):
        assert near(tensor(found, (), "the bound"), true_bound(name, real, fake)), f"the bound is not right for {name}"


@points("1/10")
@hint("Nothing may be detached: the critic learns from real and from generated points.")
def test_gradient_of_the_bound(grade):
    """The bound has the right gradient with respect to both sets of outputs."""
    for name in NAMES:
        v_real, v_fake = between(grade.rng, -2, 2, 3), between(grade.rng, -2, 2, 4)
        value = sequence(grade.submission(bounds, [name], [v_real], [v_fake]), 1, "the list of bounds")[0]
        truth = activated(name, v_real).mean() - composed(name, v_fake).mean()
        assert near(tensor(value, (), "the bound"), truth), f"the bound is not right for {name}"
        factor = between(grade.rng, 0.5, 2, 1).item()
        answer = sequence(grade.submission(slopes, name, v_real, v_fake, factor), 2, "the gradients")
        leaves = [v_real.clone().requires_grad_(), v_fake.clone().requires_grad_()]
        bound = activated(name, leaves[0]).mean() - composed(name, leaves[1]).mean()
        for found, slope in zip(answer, torch.autograd.grad(factor * bound, leaves), strict=True):
            found = tensor(found, tuple(slope.shape), "a gradient of the bound")
            assert near(found, slope), f"the gradient of the bound is not right for {name}"


@points("1/10")
@hint("Put activation and f* into each other on paper first: what remains is short, and nothing overflows in it.")
def test_large_outputs(grade):
    """Outputs of size 100 lose nothing."""
    for sign in (1.0, -1.0):
        v = sign * between(grade.rng, 40, 100, 3)
        small = between(grade.rng, -1, 1, 2)
        answer = sequence(grade.submission(bounds, list(NAMES), [small] * 6, [v] * 6), 6, "the list of bounds")
        for name, found in zip(NAMES, answer, strict=True):
            truth = activated(name, small).mean() - composed(name, v).mean()
            assert near(tensor(found, (), "the bound", largest=1e50), truth), (
                f"the bound is lost for large outputs with {name}"
            )


@points("1/20")
@hint("Three functions take a name, and each must refuse one that it does not know.")
def test_names(grade: Grade):
    """An unknown name is a ValueError."""
    v = between(grade.rng, -1, 1, 3)
    for name in ("total_variation", "KL", "reverse-kl", "Pearson", "k", ""):
        said = sequence(grade.submission(complaints, name, v), 3, "what the functions say")
        assert said == ["ValueError"] * 3, "a function does not raise a ValueError for an unknown name"
