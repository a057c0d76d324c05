"""Hidden checks of hw6/cnf: the density of a continuous normalising flow.

Oracle   A linear field, for which the flow is a matrix exponential and the density a Gaussian; the Runge-Kutta steps of
         point and log-density, written here with a Jacobian in closed form; finite differences of these for gradients.
         After training, the mass of the density on a grid and its height at data that were kept back, all asked for in
         one heap in random order.
Error    1e-7 for the matrix exponential at 30 steps, 1e-12 for the composed steps, 1e-8 for gradients; 1e-5, 1e-6 and
         1e-5 are allowed.
Training Three Gaussians in the plane, width 24, 100 steps: the mean negative log-likelihood is 0.075 +- 0.018 nats
         above the entropy, the mass 1.0000 +- 0.0001 (mean and sd over 12 seeds); the best Gaussian is 1.4 above.
Cost     about 2.5 s, nearly all in the training.
Rejects  every mistake in cnf.mistakes.md.
"""

import math

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from autograder.checking import Grade, hint, limits, points, probe, sequence, tensor

PROMISES = {
    "cnf_log_prob": {
        "log p(x) in nats of points x (B, D)": "linear, steps",
        "the noise z that they come from: ((B,), (B, D))": "noise",
        "draws z ~ N(0, I) at time ts[0] and follows dx/dt = f(x, t) to time ts[-1]": "linear, steps",
        "takes points (B, D) and a time, a tensor of shape (), to velocities (B, D)": "steps",
        "the points go back along the rising times ts (n + 1,)": "linear, noise",
        'one step of "rk4" for each interval, for the point and for the integral of the divergence together': "steps",
        "every divergence is Hutchinson's estimate, all with the same eps; without, it is exact": "estimate, steps",
        "differentiated with respect to the parameters of f": "gradient, learns",
    }
}


@probe
def linear(A: Tensor, b: Tensor) -> object:
    return lambda x, t: x @ A.T + t * b


@probe
def bent(A: Tensor, u: Tensor, s: object) -> object:
    """s tanh(A x + u t) in every row."""
    return lambda x, t: s * torch.tanh(x @ A.T + u * t)


@probe
def of_linear(student, A: Tensor, b: Tensor, x: Tensor, ts: Tensor) -> list:
    with torch.no_grad():
        return list(student.cnf_log_prob(linear(A, b), x, ts))


@probe
def of_bent(student, A: Tensor, u: Tensor, s: float, x: Tensor, ts: Tensor, eps: list) -> list:
    return list(student.cnf_log_prob(bent(A, u, s), x, ts, *eps))


@probe
def without_gradients(student, A: Tensor, u: Tensor, s: float, x: Tensor, ts: Tensor, eps: list) -> list:
    with torch.no_grad():
        return list(student.cnf_log_prob(bent(A, u, s), x, ts, *eps))


@probe
def pulled_back(student, A: Tensor, u: Tensor, s: float, x: Tensor, ts: Tensor, eps: list, cotangent: Tensor) -> Tensor:
    """The gradient of (log p * cotangent).sum() with respect to s."""
    s = torch.tensor(s, dtype=torch.float64, requires_grad=True)
    value = student.cnf_log_prob(bent(A, u, s), x, ts, *eps)[0]
    return torch.autograd.grad((value * cotangent).sum(), s)[0]


@probe
def network(seed: int) -> object:
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(3, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 2))
    return net, lambda x, t: net(torch.cat([x, t.expand(len(x), 1)], 1))


@probe
def train(student, x: Tensor, steps: int, seed: int) -> None:
    """Train a flow; it stays with the student's functions, where `trained` finds it."""
    net, f = network(seed)
    adam = torch.optim.Adam(net.parameters(), lr=3e-2)
    ts = torch.linspace(0, 1, 4)
    for step in range(steps):
        adam.param_groups[0]["lr"] = 3e-2 * min(1, 2 * (1 - step / steps))
        rows = torch.randint(len(x), (128,))
        eps = torch.randn(128, 2).sign()
        loss = -student.cnf_log_prob(f, x[rows], ts, eps)[0].mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    student.cnf_log_prob.trained = f


@probe
def trained(student, x: Tensor) -> Tensor:
    with torch.no_grad():
        return student.cnf_log_prob(student.cnf_log_prob.trained, x, torch.linspace(0, 1, 7))[0]


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, low: float, high: float) -> float:
    return low + (high - low) * torch.rand(1, generator=rng, dtype=torch.float64).item()


def times(rng: torch.Generator, n: int) -> Tensor:
    """n unequal steps from a start that is not 0."""
    s = torch.linspace(0, 1, n + 1, dtype=torch.float64)
    return uniform(rng, 0.1, 0.3) + uniform(rng, 0.8, 1.2) * (s + 0.2 * s * (1 - s))


def bent_case(rng: torch.Generator) -> tuple:
    """A, u, s, x, ts, eps in three dimensions."""
    x, eps = normal(rng, 5, 3), normal(rng, 5, 3)
    return normal(rng, 3, 3), normal(rng, 3), uniform(rng, 0.6, 1.2), x, times(rng, 3), eps


def composed(A: Tensor, u: Tensor, s: float, x: Tensor, ts: Tensor, eps: list) -> tuple[Tensor, Tensor]:
    """log p(x) and z by the Runge-Kutta steps of (x, log-density), with the Jacobian in closed form."""

    def slope(x: Tensor, t: float) -> tuple[Tensor, Tensor]:
        h = torch.tanh(x @ A.T + u * t)
        J = s * (1 - h**2)[:, :, None] * A
        trace = (eps[0][:, None] @ J @ eps[0][:, :, None])[:, 0, 0] if eps else J.diagonal(dim1=1, dim2=2).sum(1)
        return s * h, trace

    total, back = torch.zeros(len(x), dtype=torch.float64), ts.flip(0).tolist()
    for t, later in zip(back, back[1:], strict=False):
        h = later - t
        v1, d1 = slope(x, t)
        v2, d2 = slope(x + h / 2 * v1, t + h / 2)
        v3, d3 = slope(x + h / 2 * v2, t + h / 2)
        v4, d4 = slope(x + h * v3, later)
        x, total = x + h / 6 * (v1 + 2 * v2 + 2 * v3 + v4), total + h / 6 * (d1 + 2 * d2 + 2 * d3 + d4)
    return total - 0.5 * x.square().sum(1) - x.shape[1] / 2 * math.log(2 * math.pi), x


def unpacked(answer: object, n: int, D: int) -> tuple[Tensor, Tensor]:
    log_p, z = sequence(answer, 2, "the result of cnf_log_prob")
    return tensor(log_p, (n,), "log p(x)"), tensor(z, (n, D), "the noise z")


@points("1/4")
@hint("From data to noise the time falls, so a divergence integrated on the way has the sign of the way back.")
def test_linear(grade: Grade) -> None:
    """A linear field makes a Gaussian, whose density is known."""
    for D in (2, 3):
        A, x, ts = 0.6 * normal(grade.rng, D, D), normal(grade.rng, 6, D), times(grade.rng, 30)
        log_p, _ = unpacked(grade.submission(of_linear, A, torch.zeros(D).double(), x, ts), 6, D)
        M = torch.linalg.matrix_exp(A * (ts[-1] - ts[0]))
        truth = MultivariateNormal(torch.zeros(D).double(), M @ M.T).log_prob(x)
        assert (log_p - truth).abs().max() < 1e-5 * (1 + truth.abs().max()), "log p(x) of a linear flow is not right"


@points("1/5")
@hint("Put point and log-density into one state and give it to odeint: both then see the same slopes and times.")
def test_steps(grade: Grade) -> None:
    """Point and log-density take the same Runge-Kutta steps, with the exact divergence."""
    for _ in range(2):
        A, u, s, x, ts, _ = bent_case(grade.rng)
        log_p, _ = unpacked(grade.submission(of_bent, A, u, s, x, ts, []), 5, 3)
        truth, _ = composed(A, u, s, x, ts, [])
        assert (log_p - truth).abs().max() < 1e-6, "log p(x) is not that of one rk4 step for each interval"


@points("1/10")
@hint("z is where the points are at time ts[0]. Is it N(0, I) at z that you evaluate?")
def test_noise(grade: Grade) -> None:
    """The second result is the noise: following the field from there leads to the data."""
    A, x, ts = 0.6 * normal(grade.rng, 2, 2), normal(grade.rng, 6, 2), times(grade.rng, 30)
    _, z = unpacked(grade.submission(of_linear, A, torch.zeros(2).double(), x, ts), 6, 2)
    truth = torch.linalg.solve(torch.linalg.matrix_exp(A * (ts[-1] - ts[0])), x.T).T
    assert (z - truth).abs().max() < 1e-5 * (1 + truth.abs().max()), "z is not where the points come from"
    A, u, s, x, ts, eps = bent_case(grade.rng)
    _, z = unpacked(grade.submission(of_bent, A, u, s, x, ts, [eps]), 5, 3)
    assert (z - composed(A, u, s, x, ts, [])[1]).abs().max() < 1e-6, "z is not right with Hutchinson's estimate"


@points("1/5")
@hint("The same eps at every stage and in every step: fresh noise would make the ODE a different one each time.")
def test_estimate(grade: Grade) -> None:
    """With eps, every divergence on the way is eps^T J eps."""
    for how in (of_bent, without_gradients):
        A, u, s, x, ts, eps = bent_case(grade.rng)
        log_p, _ = unpacked(grade.submission(how, A, u, s, x, ts, [eps]), 5, 3)
        truth, _ = composed(A, u, s, x, ts, [eps])
        assert (log_p - truth).abs().max() < 1e-6, "log p(x) with Hutchinson's estimate is not right"


@points("3/20")
@hint("Both parts of log p depend on the parameters: z, and the integral. Is either detached?")
def test_gradient(grade: Grade) -> None:
    """Backpropagation through log p(x) finds its slope."""
    for with_noise in (False, True):
        A, u, s, x, ts, eps = bent_case(grade.rng)
        eps, cotangent, step = [eps] if with_noise else [], normal(grade.rng, 5), 1e-5
        answer = grade.submission(pulled_back, A, u, s, x, ts, eps, cotangent)
        up, down = ((composed(A, u, s + h, x, ts, eps)[0] * cotangent).sum() for h in (step, -step))
        truth = (up - down) / (2 * step)
        slope = tensor(answer, (), "the gradient of log p")
        assert abs(slope - truth) < 1e-5 * (1 + abs(truth)), "the gradient of log p(x) is not right"


@points("1/10")
@limits(cpu_seconds=40, wall_seconds=200)
@hint("If the checks above pass: is everything differentiable also in float32 and with equal times?")
def test_learns(grade: Grade) -> None:
    """Trained for two seconds, the flow describes three Gaussians, and its density has mass one."""
    turn = 2 * math.pi * torch.rand((), generator=grade.rng, dtype=torch.float64)
    angles = turn + 2 * math.pi / 3 * torch.arange(3).double()
    centres = 1.4 * torch.stack([angles.cos(), angles.sin()], 1)

    def log_prob(x: Tensor) -> Tensor:
        squares = (x[:, None] - centres).square().sum(2)
        return (-0.5 * squares / 0.3**2 - math.log(3 * 2 * math.pi * 0.3**2)).logsumexp(1)

    x = centres[torch.randint(3, (6000,), generator=grade.rng)] + 0.3 * normal(grade.rng, 6000, 2)
    grade.submission(train, x[:4000].float(), 100, grade.guest_seed())
    side = torch.linspace(-4, 4, 65, dtype=torch.float64)
    grid = torch.cartesian_prod(side, side) + 0.01 * normal(grade.rng, 1, 2)
    asked = torch.cat([x[4000:], grid])
    order = torch.randperm(len(asked), generator=grade.rng)
    answer = tensor(grade.submission(trained, asked[order].float()), (len(asked),), "log p(x) after training")
    log_p = answer[order.argsort()]
    mass = log_p[2000:].exp().sum().item() * (8 / 64) ** 2
    gap = (log_prob(x[4000:]) - log_p[:2000]).mean().item()
    assert abs(mass - 1) < 0.03, "after training the density does not integrate to one"
    assert gap > -0.03, "after training log p(x) is better than the data allow"
    assert gap < 0.25, "after training log p(x) stays well below what is possible"
