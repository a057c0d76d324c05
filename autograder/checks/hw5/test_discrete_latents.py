"""Hidden checks of hw5/discrete_latents: the KL divergence to uniform codes, and the ELBO as a sum over all codes.

Oracle   torch.distributions for the divergence; loops over all codes, each with its probability as a product, for the
         bound. Gradients by central differences of these.
Error    The oracles agree with the reference to 1e-10, differences to 1e-7; 1e-6 is allowed for values of the
         divergence, so that nothing may be added inside a logarithm, and 1e-4 elsewhere.
Cost     0.2 s.
"""

import itertools
import math

import torch
from torch import Tensor
from torch.distributions import Categorical, kl_divergence

from autograder.checking import Grade, hint, points, probe, sequence, tensor
from autograder.judging.instruments import near_max, normal

PROMISES = {
    "categorical_kl": {
        "KL(q(z | x) || p(z)) of N independent latents against uniform ones, summed over the latents: (B,), in nats.": (
            "kl"
        ),
        "latent n of data point b takes value k with probability softmax(logits[b, n])[k] under q, and 1 / K under p": (
            "kl"
        ),
        "It can be differentiated": "kl_gradient_and_ends",
        "it is finite for finite logits of any size": "kl_gradient_and_ends",
    },
    "exact_elbo": {
        "The ELBO with the sum over all K^N codes in place of a draw: (B,), in nats.": "elbo",
        "logits (B, N, K) are those of q(z | x) as in `categorical_kl`, and the prior is uniform.": "elbo",
        "takes codes z (S, N), long, to log p(x_b | z_s) for every data point: (S, B)": "elbo",
        "It may be called once or several times.": "elbo",
        "The result can be differentiated with respect to the logits and to what log_likelihood depends on.": (
            "elbo_gradient"
        ),
    },
}


@probe
def kl(student, logits: Tensor) -> Tensor:
    return student.categorical_kl(logits)


@probe
def kl_slope(student, logits: Tensor, cotangent: Tensor) -> Tensor:
    logits = logits.clone().requires_grad_()
    return torch.autograd.grad((student.categorical_kl(logits) * cotangent).sum(), logits)[0]


@probe
def lookup(table: Tensor) -> object:
    """log p(x_b | z_s) from a table (K, ..., K, B) with one K per latent."""
    return lambda z: table[tuple(z.T)]


@probe
def elbo(student, logits: Tensor, table: Tensor) -> Tensor:
    return student.exact_elbo(logits, lookup(table))


@probe
def elbo_slopes(student, logits: Tensor, table: Tensor, cotangent: Tensor) -> list:
    logits, table = logits.clone().requires_grad_(), table.clone().requires_grad_()
    return torch.autograd.grad((student.exact_elbo(logits, lookup(table)) * cotangent).sum(), [logits, table])


def true_kl(logits: Tensor) -> Tensor:
    uniform = Categorical(probs=torch.full((logits.shape[-1],), 1 / logits.shape[-1], dtype=torch.float64))
    return kl_divergence(Categorical(logits=logits), uniform).sum(1)


def true_elbo(logits: Tensor, table: Tensor) -> Tensor:
    """By loops: sum over codes of q(z | x) (log p(x | z) + log p(z) - log q(z | x))."""
    B, N, K = logits.shape
    q, found = logits.softmax(-1), torch.zeros(B, dtype=torch.float64)
    for code in itertools.product(range(K), repeat=N):
        weight = torch.stack([q[:, n, k] for n, k in enumerate(code)]).prod(0)
        found += weight * (table[code] - N * math.log(K) - weight.log())
    return found


def slope_of(f, x: Tensor, step: float = 1e-5) -> Tensor:
    """The gradient of a number by central differences."""
    found = torch.zeros_like(x)
    for i in range(x.numel()):
        move = torch.zeros_like(x).flatten()
        move[i] = step
        move = move.view_as(x)
        found.view(-1)[i] = (f(x + move) - f(x - move)) / (2 * step)
    return found


@points("3/10")
@hint("log K minus the entropy for every latent, then the sum over latents; no mean, and no log of a softmax.")
def test_kl(grade: Grade):
    """categorical_kl, summed over the latents."""
    for B, N, K, far in ((4, 3, 5, 3), (1, 6, 2, 3), (3, 1, 4, 3), (2, 3, 4, 1000)):
        logits = 2 * normal(grade.rng, B, N, K) + far * normal(grade.rng, B, N, 1)
        found = tensor(grade.submission(kl, logits), (B,), "the KL divergence")
        assert near_max(found, true_kl(logits), 1e-6), "the KL divergence is not right"


@points("1/5")
@hint("log_softmax stays finite where the logarithm of a softmax does not.")
def test_kl_gradient_and_ends(grade: Grade):
    """categorical_kl can be differentiated, and stays right when q is certain."""
    logits = normal(grade.rng, 2, 3, 4)
    found = tensor(grade.submission(kl, logits), (2,), "the KL divergence")
    assert near_max(found, true_kl(logits)), "the KL divergence is not right"
    cotangent = normal(grade.rng, 2)
    found = tensor(grade.submission(kl_slope, logits, cotangent), (2, 3, 4), "the gradient of the KL divergence")
    truth = slope_of(lambda point: (true_kl(point) * cotangent).sum(), logits)
    assert near_max(found, truth), "the gradient of the KL divergence is not right"
    certain = 3000 * torch.eye(5, dtype=torch.float64)[torch.randint(5, (2, 3), generator=grade.rng)]
    found = tensor(grade.submission(kl, certain), (2,), "the KL divergence of a certain q")
    assert near_max(found, torch.full((2,), 3 * math.log(5)).double()), (
        "the KL divergence is not right for large logits"
    )
    found = tensor(grade.submission(kl_slope, certain, cotangent), (2, 3, 5), "the gradient where q is certain")
    assert found.abs().max() < 1e-6, "the gradient of the KL divergence is not right for large logits"


@points("3/10")
@hint("The probability of a code is a product over latents. The prior and the entropy belong to the bound too.")
def test_elbo(grade: Grade):
    """exact_elbo is the sum over all codes."""
    for B, N, K in ((3, 2, 4), (2, 3, 2), (1, 1, 5), (2, 2, 2)):
        logits, table = normal(grade.rng, B, N, K), normal(grade.rng, *[K] * N, B)
        found = tensor(grade.submission(elbo, logits, table), (B,), "the ELBO")
        assert near_max(found, true_elbo(logits, table)), "the ELBO is not right"
    # Codes that q hardly ever draws, and that explain nothing: the bound is not finished without them.
    logits = normal(grade.rng, 2, 2, 3) + torch.tensor([0.0, 500.0], dtype=torch.float64)[:, None, None]
    table = normal(grade.rng, 3, 3, 2)
    logits[..., 2] = logits[..., 0] - 9
    table[2], table[:, 2] = table[2] * 1e3 - 2e4, table[:, 2] * 1e3 - 2e4
    found = tensor(grade.submission(elbo, logits, table), (2,), "the ELBO")
    assert near_max(found, true_elbo(logits, table)), "the ELBO is not right where rare codes explain nothing"


@points("1/5")
@hint("The weights q(z | x) depend on the logits, and so does the KL divergence: nothing is detached.")
def test_elbo_gradient(grade: Grade):
    """exact_elbo can be differentiated with respect to the logits and to the likelihood."""
    for B, N, K in ((2, 2, 3), (1, 1, 4)):
        logits, table = normal(grade.rng, B, N, K), normal(grade.rng, *[K] * N, B)
        found = tensor(grade.submission(elbo, logits, table), (B,), "the ELBO")
        assert near_max(found, true_elbo(logits, table)), "the ELBO is not right"
        cotangent = normal(grade.rng, B)
        answer = grade.submission(elbo_slopes, logits, table, cotangent)
        answer = sequence(answer, 2, "the gradients")
        truths = (
            slope_of(lambda point, table=table, c=cotangent: (true_elbo(point, table) * c).sum(), logits),
            slope_of(lambda point, logits=logits, c=cotangent: (true_elbo(logits, point) * c).sum(), table),
        )
        for found, truth, name in zip(answer, truths, ("logits", "likelihood"), strict=True):
            found = tensor(found, tuple(truth.shape), f"the gradient for the {name}")
            assert near_max(found, truth), f"the gradient for the {name} is not right"
