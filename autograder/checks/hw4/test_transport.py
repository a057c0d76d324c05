"""Hidden checks of hw4/transport: the Wasserstein distance, plans and potentials.

Oracle   On the line: the area between two distribution functions, in Python numbers. Optimal plans and duals from
         dgm's linear programme. A potential is judged by what it must do: the least of the cones, a slope of at most 1
         between all pairs of points, and the distance as the difference of its two means.
Error    1e-9; 1e-6 is allowed.
Cost     0.2 s.
Rejects  every mistake in transport.mistakes.md.
"""

import torch
from dgm import solve_transport
from torch import Tensor

from autograder.checking import Failed, Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "wasserstein_1d": {
        "the least mean distance that mass has to move": "distance",
        "need not be sorted, nor of the same size": "distance",
        "The result can be differentiated with respect to x and y.": "slope",
    },
    "transport_cost": {
        "the sum of plan * cost": "cost",
        "plan (n, m) says how much mass goes from point i to point j": "cost",
        "Raises ValueError when it is no plan from p to q": "refuses",
        "an entry below -1e-6": "refuses",
        "what leaves some i or arrives at some j is off by more than 1e-6": "refuses",
    },
    "kantorovich_potential": {
        "A potential f at any points x (M, d)": "potential",
        "v (m,) is the dual variable of what arrives at y_j": "potential",
        "Where q_j = 0, v_j is a number without a meaning.": "points_without_mass",
        "f(x) is the least of |x - y_j| - v_j over the points that have mass.": "potential, points_without_mass",
        "So f is 1-Lipschitz on the whole space": "potential, points_without_mass",
    },
}


@probe
def distances(student, pairs):
    return [student.wasserstein_1d(x, y) for x, y in pairs]


@probe
def slopes(student, x, y):
    x, y = x.clone().requires_grad_(), y.clone().requires_grad_()
    return list(torch.autograd.grad(student.wasserstein_1d(x, y), [x, y]))


@probe
def costs(student, cases):
    """For every case the cost, or the name of the exception."""
    found = []
    for case in cases:
        try:
            found.append(student.transport_cost(*case))
        except ValueError:
            found.append("ValueError")
    return found


@probe
def potentials(student, x, y, v, q):
    return student.kantorovich_potential(x, y, v, q)


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def area(x: list[float], y: list[float]) -> float:
    """The area between the two distribution functions, strip by strip."""
    ends, total = sorted([*x, *y]), 0.0
    for left, right in zip(ends, ends[1:], strict=False):
        height = sum(a <= left for a in x) / len(x) - sum(b <= left for b in y) / len(y)
        total += abs(height) * (right - left)
    return total


@points("1/5")
@hint(
    "Sorted samples of the same size are matched in order. With other sizes: the area between distribution functions."
)
def test_distance(grade: Grade):
    """`wasserstein_1d` is the least mean distance, for samples in any order and of any two sizes."""
    pairs = []
    for n, m in ((6, 6), (5, 8), (9, 4), (1, 7), (3, 1), (6, 12)):
        pairs.append([normal(grade.rng, n), 1.5 * normal(grade.rng, m) + normal(grade.rng)])
    tied = normal(grade.rng, 5).round()
    pairs.append([tied, torch.cat([tied.flip(0)[:3], tied[:1]])])
    answer = sequence(grade.submission(distances, pairs), len(pairs), "the list of distances")
    for value, (x, y) in zip(answer, pairs, strict=True):
        found = tensor(value, (), "the distance").item()
        assert abs(found - area(x.tolist(), y.tolist())) < 1e-6, "the distance between two samples is not right"


@points("1/10")
@hint("Sorting passes gradients on; a detour through NumPy or .item() does not.")
def test_slope(grade: Grade):
    """The distance can be differentiated with respect to both samples."""
    for n, m in ((4, 4), (5, 3)):
        x, y = normal(grade.rng, n), normal(grade.rng, m) + 0.5
        answer = sequence(grade.submission(slopes, x, y), 2, "the gradients")
        points_of = [x.tolist(), y.tolist()]
        for i, name in enumerate(("x", "y")):
            found = tensor(answer[i], (len(points_of[i]),), f"the gradient with respect to {name}")
            for k in range(len(points_of[i])):
                ends = []
                for step in (1e-7, -1e-7):
                    moved = [list(values) for values in points_of]
                    moved[i][k] += step
                    ends.append(area(*moved))
                true = (ends[0] - ends[1]) / 2e-7
                assert abs(found[k].item() - true) < 1e-5, f"the gradient with respect to {name} is not right"


def masses(rng: torch.Generator, n: int, empty: int = 0) -> Tensor:
    p = normal(rng, n).softmax(0)
    p[torch.randperm(n, generator=rng)[:empty]] = 0
    return p / p.sum()


def priced(grade: Grade, cases: list) -> list:
    order = torch.randperm(len(cases), generator=grade.rng).tolist()
    answer = sequence(grade.submission(costs, [cases[i] for i in order]), len(cases), "the list of costs")
    return [answer[order.index(i)] for i in range(len(cases))]


@points("1/10")
@hint("Mass times price, summed.")
def test_cost(grade: Grade):
    """The cost of a plan is the sum of mass times price."""
    cases = []
    for n, m in ((3, 4), (5, 2), (1, 3)):
        p, q, cost = masses(grade.rng, n), masses(grade.rng, m), normal(grade.rng, n, m).abs()
        best = solve_transport(p, q, cost)[0]
        share = torch.rand((), generator=grade.rng, dtype=torch.float64)
        cases.append([share * best + (1 - share) * p[:, None] * q, p, q, cost])
    for value, (plan, _, _, cost) in zip(priced(grade, cases), cases, strict=True):
        if isinstance(value, str):
            raise Failed("a plan that moves p to q is refused")
        true = sum(a * b for a, b in zip(plan.flatten().tolist(), cost.flatten().tolist(), strict=True))
        assert abs(tensor(value, (), "the cost").item() - true) < 1e-6, "the cost of a plan is not right"


@points("1/5")
@hint("Three things can be wrong: the sign of an entry, what leaves a point, what arrives. Rounding is not wrong.")
def test_refuses(grade: Grade):
    """What is no plan from p to q is refused, in each of the three ways; what is off by rounding is not."""
    p, q, cost = masses(grade.rng, 3), masses(grade.rng, 4), normal(grade.rng, 3, 4).abs()
    plan = p[:, None] * q
    swirl = torch.zeros(3, 4).double()  # leaves all sums as they are
    swirl[0, 0], swirl[0, 1], swirl[1, 0], swirl[1, 1] = 1, -1, -1, 1
    least = torch.minimum(plan[0, 1], plan[1, 0])  # what the swirl can take away
    leaves, arrives = torch.zeros(3, 4).double(), torch.zeros(3, 4).double()
    leaves[0, 2], leaves[1, 2] = 1, -1  # another mass leaves, the same arrives
    arrives[2, 1], arrives[2, 3] = 1, -1
    wrong = [
        plan + 1.5 * plan.max() * swirl,
        plan + 0.5 * plan.min() * leaves,
        plan - 0.5 * plan.min() * leaves,
        plan + 0.5 * plan.min() * arrives,
        1.01 * plan,
        0.99 * plan,
        plan + 1.5e-6 * leaves,
        plan + 1.5e-6 * arrives,
        plan + (least + 1.5e-6) * swirl,
    ]
    fine = [plan, plan + 4e-7 * leaves, plan + 4e-7 * arrives, plan + (least + 4e-7) * swirl]
    fine.append(plan + 8e-7 * (leaves + arrives))  # each point is off by less than is allowed, all together are not
    found = priced(grade, [[candidate, p, q, cost] for candidate in (*wrong, *fine)])
    assert all(value == "ValueError" for value in found[: len(wrong)]), "something that is no plan is not refused"
    for value in found[len(wrong) :]:
        if isinstance(value, str):
            raise Failed("a plan that is right up to rounding is refused")
        tensor(value, (), "the cost")


def least_cone(x: Tensor, y: Tensor, v: Tensor, q: Tensor) -> Tensor:
    """The least of |x - y_j| - v_j over the points with mass, in Python numbers."""
    rows = []
    for point in x.tolist():
        values = [
            sum((a - b) ** 2 for a, b in zip(point, other, strict=True)) ** 0.5 - dual
            for other, dual, mass in zip(y.tolist(), v.tolist(), q.tolist(), strict=True)
            if mass > 0
        ]
        rows.append(min(values))
    return torch.tensor(rows, dtype=torch.float64)


def judge_potential(grade: Grade, d: int, empty: int, what: str, least: float = 0.0) -> None:
    """`least` is the mass of one of the points y, if it is not 0."""
    n, m = 6, 5
    x, y = 2 * normal(grade.rng, n, d), 2 * normal(grade.rng, m, d) + 0.5
    p, q = masses(grade.rng, n, empty), masses(grade.rng, m, empty)
    if least:
        q[0] = least * q[1:].sum() / (1 - least)
        q = q / q.sum()
    cost = (x[:, None] - y).square().sum(-1).sqrt()
    plan, _, v = solve_transport(p, q, cost)
    v = torch.where(q > 0, v, 3 * normal(grade.rng, m))  # a number without a meaning
    everywhere = torch.cat([x, y, 4 * normal(grade.rng, 8, d)])
    order = torch.randperm(len(everywhere), generator=grade.rng)
    answer = grade.submission(potentials, everywhere[order], y, v, q)
    f = tensor(answer, (len(everywhere),), "the potential")[order.argsort()]
    distance = (everywhere[:, None] - everywhere).square().sum(-1).sqrt()
    assert (f[:, None] - f <= distance + 1e-6).all(), f"the potential is not 1-Lipschitz {what}"
    reached = (p @ f[:n] - q @ f[n : n + m]).item()
    assert abs(reached - (plan * cost).sum()) < 1e-6, f"the potential does not reach the distance {what}"
    assert ((f - least_cone(everywhere, y, v, q)).abs() < 1e-6).all(), f"the potential is not the least cone {what}"


@points("1/5")
@hint("Every point y_j holds up a cone |x - y_j| - v_j. Take the lowest of them, at every x.")
def test_potential(grade: Grade):
    """The potential is 1-Lipschitz on all points, and the difference of its means is the distance."""
    for d in (1, 2, 3):
        judge_potential(grade, d, 0, "for positive masses")
    for d in (2, 3):
        judge_potential(grade, d, 0, "where a mass is small", least=1e-4)


@points("1/5")
@hint("A dual variable without a mass may be any number: which cones must be left out?")
def test_points_without_mass(grade: Grade):
    """The same where some points have no mass, and their dual variables no meaning."""
    for d in (1, 2, 2):
        judge_potential(grade, d, 2, "where some points have no mass")
