"""Hidden checks of hw2/vae_gap: log p(x), the ELBO and the gap between them, from the same importance weights.

Oracle   Values: torch.distributions on the probe's encoder and decoder, computed a second time here, with the mean of
         the weights taken in the linear domain. Exact posterior: probabilistic PCA (Tipping & Bishop, 1999) with
         orthogonal columns, whose posterior has independent coordinates; every weight is p(x), the density of a
         multivariate normal. Poor posterior: the same model with another q and 4000 draws; the estimates must be those
         of log p(x), and of log p(x) minus the KL divergence, within 5 standard errors.
Error    The oracles agree with the reference to 1e-10; 1e-5 is allowed.
Cost     0.1 s.
Rejects  every mistake in vae_gap.mistakes.md.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from autograder.checking import Failed, hint, points, probe, tensor
from autograder.judging.instruments import between, normal

PROMISES = {
    "vae_gap_report": {
        "Estimates of log p(x), of the ELBO and of the gap between them: dict(log_px=(B,), elbo=(B,), gap=(B,)),": (
            "values"
        ),
        "`encoder(x)` takes x (B, D) to (mean, log_std) of q(z | x) = N(mean, diag(exp(log_std))^2), both (B, d).": (
            "values"
        ),
        "`log_joint(x, z)` takes x (B, D) and z (K, B, d) to log p(x, z), (K, B).": "values",
        "eps (K, B, d) is standard normal noise.": "values",
        "All three come from the same K importance weights w_k = p(x, z_k) / q(z_k | x)": "values, exact_posterior",
        "`log_px` is the logarithm of the mean of the weights, `elbo` the mean of their logarithms": (
            "values, poor_posterior"
        ),
        "The result is finite however small the weights are.": "small_weights",
    },
}


@probe
def report(student, x, encoder_numbers, decoder_numbers, eps):
    """The three estimates for an affine encoder and a decoder that may be bent."""
    weight, bias, log_std = encoder_numbers
    W, b, std, bend = decoder_numbers

    def encoder(x):
        mean = x @ weight.T + bias
        return mean, log_std + 0 * mean

    def log_joint(x, z):
        mean = z @ W.T + b
        mean = mean + bend * torch.sin(mean)
        log_px = -(((x - mean) / std) ** 2) / 2 - torch.log(std) - math.log(2 * math.pi) / 2
        return log_px.sum(-1) - (z**2 + math.log(2 * math.pi)).sum(-1) / 2

    return student.vae_gap_report(x, encoder, log_joint, eps)


def three(answer: object, B: int) -> list[Tensor]:
    """log_px, elbo and gap from what the submission returned."""
    names = ("log_px", "elbo", "gap")
    if not isinstance(answer, dict) or any(name not in answer for name in names):
        raise Failed("vae_gap_report should return a dictionary with the keys log_px, elbo and gap")
    return [tensor(answer[name], (B,), name) for name in names]


def true_log_weights(x: Tensor, encoder_numbers: list, decoder_numbers: list, eps: Tensor) -> Tensor:
    """log p(x, z_k) - log q(z_k | x): (K, B)."""
    weight, bias, log_std = encoder_numbers
    W, b, std, bend = decoder_numbers
    q = Independent(Normal(torch.einsum("bi,ji->bj", x, weight) + bias, log_std.exp().expand(len(x), -1)), 1)
    z = torch.addcmul(q.mean.expand_as(eps), q.stddev.expand_as(eps), eps)
    mean = torch.einsum("kbj,ij->kbi", z, W) + b
    p = Independent(Normal(mean + bend * torch.sin(mean), std.expand_as(mean)), 1)
    prior = MultivariateNormal(torch.zeros_like(z[0, 0]), torch.eye(z.shape[-1], dtype=z.dtype))
    return p.log_prob(x) + prior.log_prob(z) - q.log_prob(z)


def log_mean(log_w: Tensor) -> Tensor:
    """Logarithm of the mean of the weights over K, in the linear domain after a shift."""
    highest = log_w.max(0).values
    return highest + torch.log(torch.exp(log_w - highest).sum(0) / len(log_w))


def ppca(rng: torch.Generator, D: int, d: int) -> tuple[list, MultivariateNormal, list]:
    """Decoder with orthogonal columns; p(x); the encoder that gives the exact posterior."""
    W = torch.linalg.qr(normal(rng, D, d))[0] * between(rng, 0.6, 1.8, d)
    b, std = normal(rng, D), between(rng, 0.5, 1.2)
    precision = 1 + W.square().sum(0) / std**2
    weight = W.T / std**2 / precision[:, None]
    p = MultivariateNormal(b, W @ W.T + std**2 * torch.eye(D, dtype=torch.float64))
    return [W, b, std, 0.0], p, [weight, -weight @ b, -0.5 * precision.log()]


def far(answer: Tensor, truth: Tensor) -> bool:
    return bool(((answer - truth).abs() > 1e-5 * truth.abs().clamp(min=1)).any())


@points("2/5")
@hint("All three terms of a log weight at the same z; the mean of logarithms is not the logarithm of the mean.")
def test_values(grade):
    """log_px is the log of the mean weight, elbo the mean of the log weights, gap their difference."""
    rng = grade.rng
    for K, B, D, d in ((7, 4, 3, 2), (3, 1, 2, 3), (1, 5, 3, 1)):
        encoder_numbers = [normal(rng, d, D) / D, normal(rng, d), normal(rng, d) / 3]
        decoder_numbers = [normal(rng, D, d), normal(rng, D), between(rng, 0.6, 1.4, D), 0.8]
        numbers = normal(rng, B, D), encoder_numbers, decoder_numbers, normal(rng, K, B, d)
        log_px, elbo, gap = three(grade.submission(report, *numbers), B)
        log_w = true_log_weights(*numbers)
        assert not far(elbo, log_w.mean(0)), "elbo is not the mean of the log weights"
        assert not far(log_px, log_mean(log_w)), "log_px is not the logarithm of the mean weight"
        assert (gap > -1e-5).all(), "the gap is negative: do both estimates use the same z?"
        assert not far(gap, log_mean(log_w) - log_w.mean(0)), "gap is not log_px - elbo"


@points("1/5")
@hint("At the exact posterior p(x, z) / q(z | x) is the same for every z: what is it?")
def test_exact_posterior(grade):
    """At the exact posterior both estimates are log p(x) for any number of draws, and the gap is zero."""
    for K, B, D, d in ((1, 4, 3, 2), (9, 3, 5, 3)):
        decoder_numbers, p, encoder_numbers = ppca(grade.rng, D, d)
        x = p.mean + 1.5 * normal(grade.rng, B, D)
        answer = grade.submission(report, x, encoder_numbers, decoder_numbers, normal(grade.rng, K, B, d))
        log_px, elbo, gap = three(answer, B)
        assert not far(elbo, p.log_prob(x)), "at the exact posterior elbo is not log p(x)"
        assert not far(log_px, p.log_prob(x)), "at the exact posterior log_px is not log p(x)"
        assert gap.abs().max() < 1e-5, "at the exact posterior the gap is not zero"


@points("1/5")
@hint("The weights estimate p(x) itself; what the ELBO loses is KL(q || p(z | x)).")
def test_poor_posterior(grade):
    """With many draws log_px is log p(x), and the gap is the KL divergence from q to the posterior."""
    K, B, D, d = 4000, 4, 3, 2
    decoder_numbers, p, (weight, bias, log_std) = ppca(grade.rng, D, d)
    x = p.mean + normal(grade.rng, B, D)
    shift, wider = between(grade.rng, 0.2, 0.4, d), between(grade.rng, 0.2, 0.5, d)
    poor = [weight, bias + shift * log_std.exp(), log_std + wider]
    eps = normal(grade.rng, K, B, d)
    log_px, elbo, gap = three(grade.submission(report, x, poor, decoder_numbers, eps), B)
    mean = x @ weight.T + bias
    q, posterior = Normal(mean + shift * log_std.exp(), (log_std + wider).exp()), Normal(mean, log_std.exp())
    kl = kl_divergence(q, posterior).sum(1)
    log_w = true_log_weights(x, poor, decoder_numbers, eps)
    spread = (log_w - p.log_prob(x)).exp().std(0) / math.sqrt(K), log_w.std(0) / math.sqrt(K)
    assert ((log_px - p.log_prob(x)).abs() < 5 * spread[0] + 1e-3).all(), "log_px does not approach log p(x)"
    assert ((elbo - p.log_prob(x) + kl).abs() < 5 * spread[1]).all(), "elbo is not log p(x) minus the KL divergence"
    assert ((gap - kl).abs() < 5 * (spread[0] + spread[1]) + 1e-3).all(), "gap does not approach the KL divergence"


@points("1/5")
@hint("exp of a log weight may be 0 or infinite in floating point although the result is an ordinary number.")
def test_small_weights(grade):
    """Where every weight is far too small for a floating-point number, the results are finite and right."""
    rng, K, B, D, d = grade.rng, 6, 3, 4, 2
    encoder_numbers = [normal(rng, d, D) / D, normal(rng, d), normal(rng, d) / 3]
    decoder_numbers = [normal(rng, D, d), normal(rng, D), between(rng, 0.01, 0.02, D), 0.8]
    numbers = 10 + normal(rng, B, D), encoder_numbers, decoder_numbers, normal(rng, K, B, d)
    log_px, elbo, gap = three(grade.submission(report, *numbers), B)
    log_w = true_log_weights(*numbers)
    assert not far(log_px, log_mean(log_w)), "log_px is not right when all weights are tiny"
    assert not far(elbo, log_w.mean(0)), "elbo is not right when all weights are tiny"
    assert not far(gap, log_mean(log_w) - log_w.mean(0)), "gap is not right when all weights are tiny"
