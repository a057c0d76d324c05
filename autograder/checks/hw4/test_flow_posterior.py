"""Hidden checks of hw4/flow_posterior: planar flows and the bound of a flow posterior.

Oracle   The map of the paper's appendix, written down once more; its Jacobian by automatic differentiation of that;
         the bound from these. After training, the true ELBO of the parameters that come back and log p(x) itself, both
         by quadrature on a fixed grid: no noise is involved, and a bound above log p(x) cannot be claimed.
Costing  A mistake in `planar` costs `flow_elbo` nothing: its estimates may follow the submission's own planar maps.
once     Those answers come from another call, layer by layer, and lose their own points where they are wrong.
Error    1e-9; 1e-6 of the size is allowed, 1e-5 for gradients.
Training 300 steps of Adam on 128 draws, four layers, a posterior with two arms. The bound ends 0.040 +-
         0.018 nats below log p(x) (6 seeds); the best Gaussian stays 0.37 to 0.61 below, and 0.2 is allowed.
Cost     1.5 s, nearly all of it in the training check.
Rejects  every mistake in flow_posterior.mistakes.md.
"""

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checking import Grade, hint, limits, points, probe, sequence, tensor

PROMISES = {
    "planar": {
        "A planar map that is invertible for any parameters": "map",
        "(the images (n, d), log |det Jacobian| (n,))": "map, log_det",
        "z (n, d) goes to z + v tanh(w . z + b)": "map",
        "with parameters u (d,), w (d,), not zero, and b ().": "map, log_det",
        "The vector v is u with its component along w changed": "map",
        "v = u + (softplus(w . u) - 1 - w . u) w / |w|^2, so that w . v > -1.": "map, log_det",
        "Gradients reach z, u, w and b.": "gradient",
    },
    "flow_elbo": {
        "one estimate for every draw: (n,)": "elbo_without_layers, elbo_with_layers",
        "eps (n, d) is standard normal noise.": "elbo_without_layers",
        "It makes z_0 = mean + std * eps from a Gaussian": "elbo_without_layers",
        "in `layers` bend it, the first one first, into z_K": "elbo_with_layers",
        "An estimate is log_joint(z_K) - log q(z_K)": "elbo_with_layers",
        "Without layers q is the Gaussian.": "elbo_without_layers",
        "Gradients reach mean, log_std and all parameters in layers.": "learns_two_arms",
    },
}
STEPS = 300


@probe
def mapped(student, z, u, w, b):
    """The images under a planar map, and the log determinants."""
    with torch.no_grad():
        return list(student.planar(z, u, w, b))


@probe
def gradients(student, z, u, w, b, to_image, to_log_det):
    """What a backward pass from images and log determinants leaves at z, u, w and b."""
    arguments = [t.clone().requires_grad_() for t in (z, u, w, b)]
    image, log_det = student.planar(*arguments)
    return list(torch.autograd.grad((image * to_image).sum() + (log_det * to_log_det).sum(), arguments))


@probe
def log_joint_of(student, coefficients):
    """A log density, up to a constant, with two coefficients."""
    return lambda z: -0.5 * (z**2).sum(1) + coefficients[0] * torch.cos(z[:, 0]) - coefficients[1] * (z**4).sum(1)


@probe
def bounds(student, coefficients, eps, mean, log_std, layers):
    with torch.no_grad():
        return student.flow_elbo(
            log_joint_of(student, coefficients), eps, mean, log_std, [tuple(layer) for layer in layers]
        )


@probe
def two_arms(student, z, x):
    """log p(x, z) for x = (z_1^2 / 2 + 0.3 z_2, z_2) with noise of 0.5 and a standard normal prior."""
    mean = torch.stack([z[:, 0] ** 2 / 2 + 0.3 * z[:, 1], z[:, 1]], 1)
    noise = ((x - mean) / 0.5) ** 2
    return -0.5 * (noise + z**2).sum(1) - 2 * math.log(0.5) - 2 * math.log(2 * math.pi)


@probe
def trained(student, x, start, steps, seed):
    """mean, log_std and the layers' parameters after training with `flow_elbo`."""
    generator = torch.Generator().manual_seed(seed)
    parameters = [nn.Parameter(t.clone()) for t in start]
    optimizer = torch.optim.Adam(parameters, lr=2e-2)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 2e-2 * min(1, 2 * (1 - step / steps))
        eps = torch.randn(64, 2, generator=generator, dtype=x.dtype)
        eps = torch.cat([eps, -eps])
        layers = [tuple(parameters[i : i + 3]) for i in range(2, len(parameters), 3)]
        loss = -student.flow_elbo(lambda z: two_arms(student, z, x), eps, *parameters[:2], layers).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [p.detach() for p in parameters]


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def parameters(rng: torch.Generator, d: int) -> tuple[Tensor, Tensor, Tensor]:
    """u, w and b; in half of the cases w . u is below -1."""
    u, w, b = 1.5 * normal(rng, d), 1.2 * normal(rng, d) + 0.1, normal(rng)
    if torch.rand((), generator=rng) < 0.5:
        u = u - (w @ u + 1 + 2 * torch.rand((), generator=rng)) / (w @ w) * w
    return u, w, b


def true_map(z: Tensor, u: Tensor, w: Tensor, b: Tensor) -> Tensor:
    dot = (w * u).sum()
    v = u + (torch.logaddexp(dot, torch.zeros_like(dot)) - 1 - dot) / w.square().sum() * w
    return z + torch.tanh((z * w).sum(-1, keepdim=True) + b) * v


def true_planar(z: Tensor, u: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    jacobian = torch.func.vmap(torch.func.jacrev(lambda row: true_map(row, u, w, b)))(z)
    return true_map(z, u, w, b), torch.linalg.slogdet(jacobian).logabsdet


def close(found: Tensor, truth: Tensor, tolerance: float = 1e-6) -> bool:
    right = (found - truth).abs() <= tolerance * (1 + truth.abs())
    return bool((truth.isfinite() & right).all())


def planar_of(grade: Grade, z: Tensor, layer: tuple) -> tuple[Tensor, Tensor]:
    answer = sequence(grade.submission(mapped, z, *layer), 2, "what planar returns")
    return tensor(answer[0], tuple(z.shape), "the image"), tensor(answer[1], (len(z),), "the log determinant")


SIZES = ((5, 2), (4, 1), (1, 3), (3, 5))


@points("1/5")
@hint("Only the component of u along w changes, so that w . v = softplus(w . u) - 1. Then z + v tanh(w . z + b).")
def test_map(grade: Grade):
    """`planar` moves z along v, which is u made invertible."""
    for n, d in SIZES:
        for _ in range(2):
            z, layer = normal(grade.rng, n, d), parameters(grade.rng, d)
            assert close(planar_of(grade, z, layer)[0], true_map(z, *layer)), "the image of the planar map is not right"
    z, (u, w, b) = normal(grade.rng, 4, 3), parameters(grade.rng, 3)
    u = u + (800 - w @ u) / (w @ w) * w  # whose exponential overflows
    right = close(planar_of(grade, z, (u, w, b))[0], true_map(z, u, w, b))
    assert right, "the image of the planar map is not right where w . u is large"


@points("1/4")
@hint("By the determinant lemma 1 + tanh'(w . z + b) w . v: with which vector, and with which derivative?")
def test_log_det(grade: Grade):
    """The log determinant is that of the map's Jacobian."""
    for n, d in SIZES:
        for _ in range(2):
            z, layer = normal(grade.rng, n, d), parameters(grade.rng, d)
            found = planar_of(grade, z, layer)[1]
            assert close(found, true_planar(z, *layer)[1]), "log |det Jacobian| of the planar map is not right"
    z, (u, w, b) = normal(grade.rng, 4, 3), parameters(grade.rng, 3)
    u = u - (w @ u + 9) / (w @ w) * w  # nearly folded: where w . z + b is 0 the determinant is about exp(-9)
    z = z - ((z @ w + b) / (w @ w))[:, None] * w
    found = planar_of(grade, z, (u, w, b))[1]
    assert close(found, true_planar(z, u, w, b)[1]), "log |det Jacobian| is not right where the determinant is small"


@points("1/10")
@hint("Is anything detached, or taken through NumPy?")
def test_gradient(grade: Grade):
    """Gradients of images and log determinants reach z, u, w and b."""
    z, layer = normal(grade.rng, 4, 3), parameters(grade.rng, 3)
    planar_of(grade, z, layer)
    to_image, to_log_det = normal(grade.rng, 4, 3), normal(grade.rng, 4)
    answer = sequence(grade.submission(gradients, z, *layer, to_image, to_log_det), 4, "the gradients")
    arguments = [t.clone().requires_grad_() for t in (z, *layer)]
    image, log_det = true_planar(*arguments)
    truth = torch.autograd.grad((image * to_image).sum() + (log_det * to_log_det).sum(), arguments)
    for name, value, true in zip(("z", "u", "w", "b"), answer, truth, strict=True):
        found = tensor(value, tuple(true.shape), f"the gradient with respect to {name}")
        assert close(found, true, 1e-5), f"the gradient with respect to {name} is not right"


def bound(grade: Grade, coefficients: Tensor, eps: Tensor, mean: Tensor, log_std: Tensor, layers: list) -> Tensor:
    answer = grade.submission(bounds, coefficients, eps, mean, log_std, layers)
    return tensor(answer, (len(eps),), "what flow_elbo returns")


def true_bound(coefficients: Tensor, eps: Tensor, mean: Tensor, log_std: Tensor, layers: list, planar) -> Tensor:
    """log p(x, z_K) - log q(z_K), with any planar map."""
    q = torch.distributions.Normal(mean, log_std.exp())
    z = mean + log_std.exp() * eps
    log_q = q.log_prob(z).sum(1)
    for layer in layers:
        z, log_det = planar(z, layer)
        log_q = log_q - log_det
    log_joint = -0.5 * z.square().sum(1) + coefficients[0] * z[:, 0].cos() - coefficients[1] * z.pow(4).sum(1)
    return log_joint - log_q


def own_planar(grade: Grade, z: Tensor, layer: list) -> tuple[Tensor, Tensor]:
    """The submission's planar map, from a process that does not know the bound; one that changes nothing is none."""
    grade.fresh_session()
    image, log_det = planar_of(grade, z, tuple(layer))
    assert (image - z).abs().max() > 1e-6 and log_det.abs().max() > 1e-6, "with layers the bound is not right"
    return image, log_det


def gaussian(rng: torch.Generator, n: int, d: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Coefficients of log_joint, eps, mean and log_std."""
    return torch.rand(2, generator=rng, dtype=torch.float64), normal(rng, n, d), normal(rng, d), 0.4 * normal(rng, d)


@points("3/20")
@hint("z = mean + std * eps. From log p(x, z) goes log q(z), with its constants and its standard deviations.")
def test_elbo_without_layers(grade: Grade):
    """Without layers `flow_elbo` is the bound of the Gaussian, draw by draw."""
    for n, d in ((6, 2), (1, 3), (4, 1)):
        case = gaussian(grade.rng, n, d)
        assert close(bound(grade, *case, []), true_bound(*case, [], None)), "without layers the bound is not right"


@points("3/20")
@hint("Every layer takes its log determinant from log q, at the point where that layer finds z.")
def test_elbo_with_layers(grade: Grade):
    """With layers the draw is bent by each in turn, and log q follows by the change of variables."""
    for n, d, K in ((5, 2, 3), (1, 3, 2), (4, 2, 1)):
        case = gaussian(grade.rng, n, d)
        layers = [list(parameters(grade.rng, d)) for _ in range(K)]
        found = bound(grade, *case, layers)
        right = close(found, true_bound(*case, layers, lambda z, layer: true_planar(z, *layer)))
        own = right or close(found, true_bound(*case, layers, partial(own_planar, grade)))
        assert own, "with layers the bound is not right"


def evidence_and_bound(x: Tensor, found: list[Tensor]) -> tuple[float, float]:
    """log p(x) and the ELBO of a flow posterior with these parameters, by quadrature."""
    side = torch.linspace(-6, 6, 401, dtype=torch.float64)
    cell = 2 * math.log(side[1] - side[0])
    everywhere = torch.cartesian_prod(side, side)
    log_px = two_arms(None, everywhere, x).logsumexp(0) + cell
    nodes = torch.special.ndtri((torch.arange(80, dtype=torch.float64) + 0.5) / 80)
    eps = torch.cartesian_prod(nodes, nodes)
    mean, log_std = found[:2]
    z = mean + log_std.exp() * eps
    log_q = -0.5 * eps.square().sum(1) - log_std.sum() - math.log(2 * math.pi)
    for u, w, b in zip(*(found[i::3] for i in (2, 3, 4)), strict=True):
        bend = torch.tanh(z @ w + b)
        allowed = F.softplus(w @ u) - 1
        z = z + bend[:, None] * (u + (allowed - w @ u) * w / (w @ w))
        log_q = log_q - torch.log1p((1 - bend**2) * allowed)
    return log_px.item(), (two_arms(None, z, x) - log_q).mean().item()


@points("3/20")
@limits(cpu_seconds=150, wall_seconds=300)  # a loop over the rows takes 40 s
@hint("If the checks above pass: does the gradient of flow_elbo reach mean, log_std and every layer?")
def test_learns_two_arms(grade: Grade):
    """Trained with `flow_elbo`, four planar layers bend a Gaussian into a posterior with two arms."""
    x = torch.tensor([1.2, 0.3], dtype=torch.float64) + 0.1 * normal(grade.rng, 2).clamp(-1, 1)
    start = [torch.zeros(2).double(), torch.zeros(2).double()]
    for w, b in (((1.0, 0.0), 0.5), ((-1.0, 0.3), 0.5), ((0.3, 1.0), 0.0), ((1.0, -0.5), -0.5)):
        w, b = torch.tensor(w).double(), torch.tensor(b).double()
        start += [0.1 * normal(grade.rng, 2), w + 0.1 * normal(grade.rng, 2), b + 0.1 * normal(grade.rng)]
    answer = grade.submission(trained, x, start, STEPS, grade.guest_seed())
    answer = sequence(answer, len(start), "the trained parameters")
    found = [tensor(value, tuple(true.shape), "a trained parameter") for value, true in zip(answer, start, strict=True)]
    log_px, elbo = evidence_and_bound(x, found)
    assert log_px - elbo < 0.2, "after training the bound stays well below log p(x)"
