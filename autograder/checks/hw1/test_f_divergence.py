"""Hidden checks of hw1/f_divergence: f-divergences and the alpha family.

Oracle   the defining sums, term by term with math.fsum; the limits alpha = +-1 are the two KLs.
Error    the sums are exact to 1e-14; 1e-5 is allowed (a solution in float32 is right too), 1e-4 next to the limits,
         where the straightforward formula in float64 is off by 1e-9.
Cost     0.02 s.
Rejects  every mistake in f_divergence.mistakes.md.
"""

import math

import torch

from autograder.checking import hint, number, points, probe, sequence
from autograder.judging.instruments import uniform

PROMISES = {
    "f_divergence": {
        "D_f(p || q) = E_q[f(p / q)], (), for p (K,), q (K,) positive and f convex with f(1) = 0, applied": (
            "f_divergence_is_the_average_under_q"
        ),
        "In this convention f(u) = u log u gives KL(p || q) and f(u) = -log u gives KL(q || p).": (
            "f_divergence_is_the_average_under_q"
        ),
    },
    "alpha_divergence": {
        "Alpha divergence of p (K,) from q (K,), (), for any real alpha:": "alpha_divergence_between_the_limits",
        "D_alpha(p || q) = 4 / (1 - alpha^2) * (1 - sum_k p_k^((1 + alpha) / 2) q_k^((1 - alpha) / 2)).": (
            "alpha_divergence_between_the_limits"
        ),
        "At alpha = 1 and alpha = -1 this is 0 / 0, and the limits hold: KL(p || q) at +1, KL(q || p) at -1.": (
            "alpha_divergence_at_the_limits"
        ),
        "Nearer to them than 1e-6 rounding may show.": "alpha_divergence_at_the_limits",
    },
}


@probe
def divergences(student, pairs, c):
    """f_divergence of every pair (p, q) for six generators f, the last two of which differ by c (u - 1)."""
    generators = [
        lambda u: u * u.log(),
        lambda u: -u.log(),
        lambda u: (u - 1) ** 2,
        lambda u: (u - 1).abs() / 2,
        lambda u: (u.sqrt() - 1) ** 2,
        lambda u: (u.sqrt() - 1) ** 2 + c * (u - 1),
    ]
    return [[student.f_divergence(p, q, f) for f in generators] for p, q in pairs]


@probe
def before_and_after(student, name, pair, later):
    """The divergence of that name of a pair (p, q), and again when these tensors hold another pair."""
    (p, q), found = [part.clone() for part in pair], []
    last = 0.5 if name == "alpha_divergence" else lambda u: (u - 1) ** 2
    for held in (pair, later):
        p.copy_(held[0])
        q.copy_(held[1])
        found.append(getattr(student, name)(p, q, last))
    return found


@probe
def alpha_divergences(student, p, q, alphas):
    """alpha_divergence of p from q for every alpha."""
    return [student.alpha_divergence(p, q, alpha) for alpha in alphas]


NEAR = 6e-4  # from +-1: the definition cancels to 1e-12 there, and the limits are off by more than 1e-5


def random_pair(K, rng):
    """Two positive distributions on K symbols, clearly different."""
    return (1.2 * torch.randn(2, K, generator=rng, dtype=torch.float64)).softmax(1).unbind()


def extreme_pair(rng):
    """p (5,) and q (5,), where one q is below 1e-6 and its p is not."""
    p, q = torch.rand(2, 5, generator=rng, dtype=torch.float64) + 0.5
    k = torch.randint(5, (1,), generator=rng).item()
    q[k] = uniform(rng, 3e-7, 4e-7) * (q.sum() - q[k])
    return p / p.sum(), q / q.sum()


def kl(p, q):
    return math.fsum(a * math.log(a / b) for a, b in zip(p.tolist(), q.tolist(), strict=True))


def f_sums(p, q):
    """The six divergences of the probe, from their own formulas: KLs, chi^2, total variation, squared Hellinger."""
    pairs = list(zip(p.tolist(), q.tolist(), strict=True))
    chi2 = math.fsum((a - b) ** 2 / b for a, b in pairs)
    total_variation = math.fsum(abs(a - b) for a, b in pairs) / 2
    hellinger = math.fsum((math.sqrt(a) - math.sqrt(b)) ** 2 for a, b in pairs)
    return [kl(p, q), kl(q, p), chi2, total_variation, hellinger, hellinger]


def alpha_sum(p, q, alpha):
    t = (1 + alpha) / 2
    integral = math.fsum(a**t * b ** (1 - t) for a, b in zip(p.tolist(), q.tolist(), strict=True))
    return 4 / (1 - alpha**2) * (1 - integral)


def bent_pair(rng):
    """Two distributions whose alpha divergences at +-1 and at a distance of NEAR from there are clearly different."""
    while True:
        p, q = random_pair(6, rng)
        bends = (alpha_sum(p, q, 1 - NEAR) - kl(p, q), alpha_sum(p, q, -1 + NEAR) - kl(q, p))
        if min(map(abs, bends)) > 1e-5 * (1 + max(kl(p, q), kl(q, p))):
            return p, q


def close(answer, expected, what, tolerance=1e-5):
    return abs(number(answer, what) - expected) < tolerance * (1 + abs(expected))


@points("2/5")
@hint("The average is taken under q. Try f(u) = u log u with two short distributions and compare with KL(p || q).")
def test_f_divergence_is_the_average_under_q(grade):
    """`f_divergence` gives KL, reverse KL, chi-squared, total variation and Hellinger for their f."""
    pairs = [*(random_pair(K, grade.rng) for K in (2, 5, 8)), extreme_pair(grade.rng)]
    c = uniform(grade.rng, 1.5, 3)
    answers = sequence(grade.submission(divergences, pairs, c), len(pairs), "the list of f-divergences")
    names = ["u log u", "-log u", "(u - 1)^2", "|u - 1| / 2", "(sqrt(u) - 1)^2", "(sqrt(u) - 1)^2 + c (u - 1)"]
    for answer, (p, q) in zip(answers, pairs, strict=True):
        answer = sequence(answer, len(names), "the list of f-divergences")
        for value, expected, name in zip(answer, f_sums(p, q), names, strict=True):
            assert close(value, expected, "f_divergence"), f"f_divergence is not right for f(u) = {name}"
    judge_changed_tensors(grade, "f_divergence", lambda p, q: f_sums(p, q)[2])


@points("3/10")
@hint("Check the factor, and which power goes to which distribution.")
def test_alpha_divergence_between_the_limits(grade):
    """`alpha_divergence` follows its definition for any alpha but +-1, also beyond them."""
    ranges = ((-2.5, -1.5), (-0.8, -0.2), (0.2, 0.8), (1.5, 2.5))
    alphas = [0.0, *(uniform(grade.rng, low, high) for low, high in ranges)]
    for K in (3, 7):
        p, q = random_pair(K, grade.rng)
        answers = sequence(grade.submission(alpha_divergences, p, q, alphas), len(alphas), "the list of divergences")
        for answer, alpha in zip(answers, alphas, strict=True):
            right = close(answer, alpha_sum(p, q, alpha), "alpha_divergence")
            where = "at alpha = 0" if alpha == 0 else f"for an alpha {'inside' if alpha**2 < 1 else 'outside'} (-1, 1)"
            assert right, f"alpha_divergence is not right {where}"
    p, q = extreme_pair(grade.rng)
    for pair, alpha in (((p, q), uniform(grade.rng, 3.5, 4.5)), ((q, p), -uniform(grade.rng, 3.5, 4.5))):
        (answer,) = sequence(grade.submission(alpha_divergences, *pair, [alpha]), 1, "the list of divergences")
        right = close(answer, alpha_sum(*pair, alpha), "alpha_divergence")
        assert right, "alpha_divergence is not right far from (-1, 1) when a probability is small"
    judge_changed_tensors(grade, "alpha_divergence", lambda p, q: alpha_sum(p, q, 0.5))


def judge_changed_tensors(grade, name, truth):
    """Fail unless a divergence is right also when its tensors hold other numbers than at an earlier call."""
    pairs = random_pair(4, grade.rng), random_pair(4, grade.rng)
    answers = sequence(grade.submission(before_and_after, name, *pairs), 2, "the list of divergences")
    for answer, pair in zip(answers, pairs, strict=True):
        assert close(answer, truth(*pair), name), (
            f"{name} is not right when the same tensors hold other numbers than at an earlier call"
        )


@points("3/10")
@hint("At alpha = +-1 the definition is 0 / 0: treat these two values on their own.")
def test_alpha_divergence_at_the_limits(grade):
    """`alpha_divergence` is KL(p || q) at alpha = 1, KL(q || p) at -1, close to them nearby, and 0 when p = q."""
    p, q = random_pair(6, grade.rng)
    step = uniform(grade.rng, 1e-6, 2e-6)
    near_one, near_minus_one = [1.0, 1 - step, 1 + step], [-1.0, -1 + step, -1 - step]
    for alphas, expected, limit in ((near_one, kl(p, q), "1"), (near_minus_one, kl(q, p), "-1")):
        answers = sequence(grade.submission(alpha_divergences, p, q, alphas), 3, "the list of divergences")
        for answer, where in zip(answers, ("at", "just below", "just above"), strict=True):
            right = close(answer, expected, f"alpha_divergence {where} alpha = {limit}", tolerance=1e-4)
            assert right, f"alpha_divergence {where} alpha = {limit} is not the KL that it tends to"
    p, q = bent_pair(grade.rng)
    alphas = [1 - NEAR, -1 + NEAR]
    answers = sequence(grade.submission(alpha_divergences, p, q, alphas), 2, "the list of divergences")
    for answer, alpha in zip(answers, alphas, strict=True):
        right = close(answer, alpha_sum(p, q, alpha), "alpha_divergence", tolerance=1e-6)
        assert right, "an alpha that is close to +-1 is not +-1: alpha_divergence is not right there"
    alphas = [-1.0, uniform(grade.rng, -0.5, 0.5), 1.0]
    answers = sequence(grade.submission(alpha_divergences, p, p.clone(), alphas), 3, "the list of divergences")
    for answer in answers:
        assert close(answer, 0, "alpha_divergence of p from itself"), "alpha_divergence of p from itself is not 0"
