"""Homework 6: the operations that a peer library does as well."""

import math

import torch
from torch import Tensor, nn

from solutions.bench.harness import Call, Operation, Work, collector
from solutions.bench.sides import gradients, without_graph
from solutions.hw6.adjoint import adjoint_gradients, euler_adjoint
from solutions.hw6.cnf import cnf_log_prob
from solutions.hw6.ddpm import p_sample
from solutions.hw6.diffusion_elbo import vlb_terms
from solutions.hw6.divergence import divergence
from solutions.hw6.fokker_planck import fokker_planck_residual
from solutions.hw6.forward_diffusion import cosine_schedule, q_sample
from solutions.hw6.ode import odeint
from solutions.hw6.score_matching import dsm_loss, ism_loss

OPERATIONS: list[Operation] = []
WITHOUT_PEER = {
    "hw6/sde": "a step is one line; the peers step adaptively, or draw their own noise",
    "hw6/ncsn": "the loss is one line of torch, and the peers' samplers draw their own noise",
    "hw6/t1_formula": "two numbers from a closed form",
    "hw6/t2_formula": "a number from a closed form",
    "hw6/t3_formula": "three numbers from closed forms",
    "hw6/t4_formula": "two numbers from closed forms",
}
STEPS = 20
operation = collector(OPERATIONS)


class Velocity(nn.Module):
    """A network of the state (B, D) and the time; torchdiffeq and zuko ask f(t, x), we f(x, t)."""

    def __init__(self, D: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(D + 1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, D))
        self.to(dtype)

    def forward(self, t: Tensor, x: Tensor) -> Tensor:
        return self.net(torch.cat([x, t.expand(len(x), 1)], dim=1))

    def turned(self, x: Tensor, t: Tensor) -> Tensor:
        return self(t, x)


def _flow(dtype: torch.dtype, n: int = 1024, D: int = 2) -> tuple[Velocity, Tensor, Tensor]:
    return Velocity(D, dtype), torch.randn(n, D, dtype=dtype), torch.linspace(0, 1, STEPS + 1, dtype=dtype)


# ---------------------------------------------------------------- solvers


def _solve(dtype: torch.dtype, method: str) -> Work:
    f, x, ts = _flow(dtype)

    def torchdiffeq() -> Call:
        from torchdiffeq import odeint as solve

        return without_graph(lambda: solve(f, x, ts, method=method)[-1])

    return Work(without_graph(lambda: odeint(f.turned, x, ts, method)[-1]), {"torchdiffeq": torchdiffeq})


@operation("hw6/ode", "odeint, midpoint", f"1024 x 2, MLP 64-64, {STEPS} steps", timed_in=torch.float64)
def _(dtype: torch.dtype) -> Work:
    return _solve(dtype, "midpoint")


@operation("hw6/ode", "odeint, rk4", f"1024 x 2, MLP 64-64, {STEPS} steps; theirs is the 3/8 rule, also of order 4",
           timed_in=torch.float64, tolerance=1e-6)  # fmt: skip
def _(dtype: torch.dtype) -> Work:
    return _solve(dtype, "rk4")


@operation("hw6/adjoint", "adjoint_gradients", f"1024 x 2, MLP 64-64, {STEPS} steps; theirs is the 3/8 rule, from x(0)",
           timed_in=torch.float64, tolerance=1e-5)  # fmt: skip
def _(dtype: torch.dtype) -> Work:
    f, x, ts = _flow(dtype)
    parameters, grad_end = list(f.parameters()), torch.randn_like(x)

    def ours() -> tuple[Tensor, ...]:
        with torch.no_grad():  # the peer solves forwards as well
            end = odeint(f.turned, x, ts)[-1]
        first, others = adjoint_gradients(f.turned, parameters, end, ts, grad_end)
        return first, *others

    def torchdiffeq() -> Call:
        from torchdiffeq import odeint_adjoint

        def call() -> tuple[Tensor, ...]:
            start = x.clone().requires_grad_()
            end = odeint_adjoint(f, start, ts, method="rk4")[-1]
            return torch.autograd.grad((end * grad_end).sum(), (start, *parameters))

        return call

    return Work(ours, {"torchdiffeq": torchdiffeq})


@operation("hw6/adjoint", "euler_adjoint", f"1024 x 2, MLP 64-64, {STEPS} steps", timed_in=torch.float64)
def _(dtype: torch.dtype) -> Work:
    f, x, ts = _flow(dtype)
    parameters, grad_end = list(f.parameters()), torch.randn_like(x)
    path = odeint(f.turned, x, ts, "euler").detach()

    def ours() -> tuple[Tensor, ...]:
        first, others = euler_adjoint(f.turned, parameters, path, ts, grad_end)
        return first, *others

    def backpropagation() -> Call:
        def call() -> tuple[Tensor, ...]:
            start = x.clone().requires_grad_()
            end = odeint(f.turned, start, ts, "euler")[-1]
            return torch.autograd.grad((end * grad_end).sum(), (start, *parameters))

        return call

    return Work(ours, {"backpropagation": backpropagation})


# ---------------------------------------------------------------- divergences and flows


@operation("hw6/divergence", "divergence, exact", "1024 x 8, MLP 64-64")
def _(dtype: torch.dtype) -> Work:
    f, x, ts = _flow(dtype, D=8)

    def functional() -> Call:
        def one(row: Tensor) -> Tensor:
            return f.turned(row[None], ts[0])[0]

        jacobian = torch.func.vmap(torch.func.jacrev(one))
        return without_graph(lambda: jacobian(x).diagonal(dim1=1, dim2=2).sum(1))

    ours = without_graph(lambda: divergence(lambda at: f.turned(at, ts[0]), x))
    return Work(ours, {"torch.func.jacrev": functional})


def _density(dtype: torch.dtype, exact: bool) -> Work:
    f, x, ts = _flow(dtype)

    def zuko() -> Call:
        from zuko.transforms import FreeFormJacobianTransform

        flow = FreeFormJacobianTransform(f, t0=1.0, t1=0.0, atol=1e-6, rtol=1e-5, exact=exact)

        def call() -> Tensor:
            z, ladj = flow.call_and_ladj(x)
            return (-0.5 * (z.square() + math.log(2 * math.pi))).sum(1) + ladj

        return without_graph(call)

    return Work(without_graph(lambda: cnf_log_prob(f.turned, x, ts)[0]), {"zuko": zuko})


@operation("hw6/cnf", "cnf_log_prob, exact", f"1024 x 2, MLP 64-64, {STEPS} steps of rk4; theirs steps adaptively",
           tolerance=1e-4)  # fmt: skip
def _(dtype: torch.dtype) -> Work:
    return _density(dtype, exact=True)


@operation("hw6/fokker_planck", "fokker_planck_residual", "512 x 4, Ornstein-Uhlenbeck")
def _(dtype: torch.dtype) -> Work:
    x, t = torch.randn(512, 4, dtype=dtype), torch.rand(512, dtype=dtype) + 0.1

    def log_prob(x: Tensor, t: Tensor) -> Tensor:
        variance = 1 + torch.exp(-2 * t)[..., None]
        return (-0.5 * x**2 / variance - 0.5 * torch.log(2 * math.pi * variance)).sum(-1)

    def functional() -> Call:
        from torch.func import grad, hessian, vmap

        def one(x: Tensor, t: Tensor) -> Tensor:
            slope, curvature = grad(log_prob)(x, t), hessian(log_prob)(x, t).trace()
            flow = -len(x) - (x * slope).sum()
            return grad(log_prob, argnums=1)(x, t) + flow - (curvature + slope.square().sum())

        rows = vmap(one)
        return lambda: rows(x, t)

    def ours() -> Tensor:
        return fokker_planck_residual(log_prob, lambda x, t: -x, lambda t: 0 * t + math.sqrt(2), x, t)

    return Work(ours, {"torch.func": functional})


@operation("hw6/score_matching", "ism_loss, value and gradient", "1024 x 2, MLP 64-64")
def _(dtype: torch.dtype) -> Work:
    f, x, ts = _flow(dtype)
    parameters = dict(f.named_parameters())

    def functional() -> Call:
        from torch.func import functional_call, grad_and_value, jacrev, vmap

        def one(weights: dict[str, Tensor], row: Tensor) -> Tensor:
            def score(row: Tensor) -> Tensor:
                return functional_call(f, weights, (ts[0], row[None]))[0]

            return jacrev(score)(row).trace() + 0.5 * score(row).square().sum()

        both = grad_and_value(lambda weights: vmap(one, (None, 0))(weights, x).mean())

        def call() -> tuple[Tensor, ...]:
            slopes, value = both(parameters)
            return value, *slopes.values()

        return call

    ours = gradients(lambda: ism_loss(lambda at: f.turned(at, ts[0]), x), list(parameters.values()))
    return Work(ours, {"torch.func": functional})


@operation("hw6/score_matching", "dsm_loss", "1024 x 784, a linear score")
def _(dtype: torch.dtype) -> Work:
    x, eps = torch.randn(2, 1024, 784, dtype=dtype)

    def definition() -> Call:
        def call() -> Tensor:
            noisy = x + 0.3 * eps
            return 0.5 * (-noisy - (x - noisy) / 0.3**2).square().sum(1).mean()

        return call

    return Work(lambda: dsm_loss(torch.neg, x, 0.3, eps), {"by definition": definition})


# ---------------------------------------------------------------- diffusion


def _diffusion(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    bars = cosine_schedule(100)
    x, eps = torch.randn(2, 64, 1, 28, 28, dtype=dtype)
    return bars, x, eps, torch.arange(64) + 1


def _scheduler(bars: Tensor) -> object:
    from diffusers import DDPMScheduler

    betas = (1 - bars[1:] / bars[:-1]).numpy()
    options = {"variance_type": "fixed_small", "clip_sample": False, "prediction_type": "epsilon"}
    return DDPMScheduler(num_train_timesteps=len(betas), trained_betas=betas, **options)


@operation("hw6/forward_diffusion", "q_sample", "64 images of 28 x 28; their tables are float32", tolerance=1e-5)
def _(dtype: torch.dtype) -> Work:
    bars, x, eps, t = _diffusion(dtype)

    def diffusers() -> Call:
        scheduler = _scheduler(bars)
        return lambda: scheduler.add_noise(x, eps, t - 1)  # their steps count from 0

    return Work(lambda: q_sample(x, t, eps, bars), {"diffusers": diffusers})


@operation("hw6/ddpm", "p_sample", "64 images of 28 x 28 at t = 50, a trivial model; their tables are float32",
           tolerance=1e-5)  # fmt: skip
def _(dtype: torch.dtype) -> Work:
    bars, x, eps, _ = _diffusion(dtype)

    def noise() -> tuple[torch.Generator, Tensor]:
        generator = torch.Generator().manual_seed(0)
        return generator, torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=dtype)

    def diffusers() -> Call:
        scheduler = _scheduler(bars)
        return lambda: scheduler.step(eps, 49, x, generator=noise()[0]).prev_sample

    return Work(lambda: p_sample(lambda xt, t: eps, x, 50, noise()[1], bars), {"diffusers": diffusers})


@operation("hw6/diffusion_elbo", "vlb_terms", "256 x 2, T = 100, a trivial model")
def _(dtype: torch.dtype) -> Work:
    bars, x0 = cosine_schedule(100), torch.randn(256, 2, dtype=dtype)
    eps = torch.randn(100, 256, 2, dtype=dtype)

    def weighted() -> Call:
        """The divergences as weighted errors of the noise, all times at once."""
        now, before = bars[1:, None, None].to(dtype), bars[:-1, None, None].to(dtype)
        alpha = now / before
        weight = ((1 - alpha) / (2 * alpha * (1 - before)))[1:]

        def call() -> Tensor:
            error = eps - (now.sqrt() * x0 + (1 - now).sqrt() * eps)  # the model returns its input
            first = error[0].square() * (1 - now[0]) / now[0] / (2 * (1 - now[0]))
            first = first + 0.5 * torch.log(2 * math.pi * (1 - now[0]))
            last = 0.5 * (now[-1] * x0.square() - now[-1] - torch.log(1 - now[-1]))
            return torch.cat([first[None], weight * error[1:].square(), last[None]]).sum(2)

        return call

    return Work(lambda: vlb_terms(lambda xt, t: xt, x0, eps, bars), {"all times at once": weighted})
