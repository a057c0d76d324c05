"""Homework 5: the operations that a peer library, or one of its layers, does as well."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.bench.harness import Call, Operation, Work, collector
from solutions.bench.sides import gradients, without_graph
from solutions.hw5.discrete_latents import categorical_kl
from solutions.hw5.gradient_penalty import gradient_penalty
from solutions.hw5.gumbel_softmax import gumbel_softmax
from solutions.hw5.precision_recall import precision_recall
from solutions.hw5.scores import fid, inception_score
from solutions.hw5.spectral_norm import SpectralLinear
from solutions.hw5.theory import plane_frechet
from solutions.hw5.vector_quantize import vector_quantize

OPERATIONS: list[Operation] = []
WITHOUT_PEER = {
    "hw5/t1_formula": "two lines of arithmetic",
    "hw5/t2_formula": "one line of arithmetic for each name",
    "hw5/t4_formula": "three products of matrices",
    "hw5/f_gan": "one line of torch for each divergence: nothing to compare",
    "hw5/vqvae": "the quantisation is compared; the rest is networks, which every library builds otherwise",
    "hw5/code_prior": "masked convolutions stand under homework 1; the gates are a few lines of torch",
}
operation = collector(OPERATIONS)


# ---------------------------------------------------------------- critics


@operation(
    "hw5/gradient_penalty", "penalty of a small convolutional critic, value and gradient", "batch 64, 1 x 28 x 28"
)
def _(dtype: torch.dtype) -> Work:
    critic = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(16 * 14 * 14, 1)
    ).to(dtype)  # fmt: skip
    real, fake, t = (
        torch.rand(64, 1, 28, 28, dtype=dtype),
        torch.rand(64, 1, 28, 28, dtype=dtype),
        torch.rand(64, dtype=dtype),
    )
    parameters = list(critic.parameters())

    def per_sample() -> Call:
        from torch.func import functional_call, grad, vmap

        def value(x: Tensor, weights: dict[str, Tensor]) -> Tensor:
            return functional_call(critic, weights, (x[None],)).sum()

        slope = vmap(grad(value), in_dims=(0, None))

        def penalty() -> Tensor:
            x = t[:, None, None, None] * real + (1 - t[:, None, None, None]) * fake
            norms = slope(x, dict(critic.named_parameters())).flatten(1).norm(dim=1)
            return (norms - 1).square().mean()

        return gradients(penalty, parameters)

    return Work(gradients(lambda: gradient_penalty(critic, real, fake, t), parameters), {"torch.func": per_sample})


@operation("hw5/spectral_norm", "SpectralLinear, forward pass in training mode", "512 to 512, batch 64")
def _(dtype: torch.dtype) -> Work:
    # torch starts its step from the other vector; with a square, symmetric weight both do the same.
    layer = SpectralLinear(512, 512).to(dtype)
    with torch.no_grad():
        layer.weight.copy_((layer.weight + layer.weight.mT) / 2)
    x, start = torch.randn(64, 512, dtype=dtype), layer.u.clone()

    def ours() -> Tensor:
        layer.u.copy_(start)
        return layer(x)

    def parametrization() -> Call:
        peer = nn.Linear(512, 512).to(dtype)
        with torch.no_grad():
            peer.weight.copy_(layer.weight)
            peer.bias.copy_(layer.bias)
        peer = torch.nn.utils.parametrizations.spectral_norm(peer, n_power_iterations=1)
        vector = peer.parametrizations.weight[0]._v

        def forward() -> Tensor:
            vector.copy_(start)
            return peer(x)

        return without_graph(forward)

    return Work(without_graph(ours), {"torch spectral_norm": parametrization})


# ---------------------------------------------------------------- scores


def _features(dtype: torch.dtype, n: int, d: int) -> tuple[Tensor, Tensor]:
    mix = torch.randn(d, d, dtype=dtype) / d**0.5
    return torch.randn(n, d, dtype=dtype), torch.randn(n, d, dtype=dtype) @ mix + 0.2


@operation("hw5/scores", "fid", "2000 x 64 both sides", timed_in=torch.float64, tolerance=1e-6)
def _(dtype: torch.dtype) -> Work:
    x, y = _features(dtype, 2000, 64)

    def torch_fidelity() -> Call:
        from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

        def call() -> float:
            statistics = [fid_features_to_statistics(features) for features in (x, y)]
            return fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]

        return call

    def scipy() -> Call:
        import numpy as np
        from scipy.linalg import sqrtm

        def call() -> float:
            (m1, s1), (m2, s2) = ((f.numpy().mean(0), np.cov(f.numpy(), rowvar=False)) for f in (x, y))
            return ((m1 - m2) ** 2).sum() + np.trace(s1) + np.trace(s2) - 2 * np.trace(sqrtm(s1 @ s2)).real

        return call

    return Work(lambda: fid(x, y), {"torch-fidelity": torch_fidelity, "scipy sqrtm": scipy})


@operation("hw5/scores", "inception_score", "10,000 x 10, 10 splits", timed_in=torch.float64)
def _(dtype: torch.dtype) -> Work:
    logits = 2 * torch.randn(10_000, 10, dtype=dtype)

    def torch_fidelity() -> Call:
        from torch_fidelity.metric_isc import isc_features_to_metric

        return lambda: isc_features_to_metric(logits, 10, shuffle=False)["inception_score_mean"]

    return Work(lambda: inception_score(logits.softmax(1), 10), {"torch-fidelity": torch_fidelity})


@operation("hw5/t3_formula", "plane_frechet", "one pair of Gaussians", timed_in=torch.float64, tolerance=1e-8)
def _(dtype: torch.dtype) -> Work:
    roots, means = torch.randn(2, 2, 2, dtype=dtype), torch.randn(2, 2, dtype=dtype)
    covs = roots @ roots.mT + 0.1 * torch.eye(2, dtype=dtype)

    def eigenvalues() -> Call:
        def call() -> Tensor:
            root = torch.linalg.eigvals(covs[0] @ covs[1]).real.clamp(min=0).sqrt().sum()
            return (means[0] - means[1]).square().sum() + covs[0].trace() + covs[1].trace() - 2 * root

        return call

    return Work(lambda: plane_frechet(means[0], covs[0], means[1], covs[1]), {"torch eigvals": eigenvalues})


@operation("hw5/precision_recall", "precision_recall", "1500 x 64 both sides, k = 5")
def _(dtype: torch.dtype) -> Work:
    real, fake = _features(dtype, 1500, 64)

    def torch_fidelity() -> Call:
        from torch_fidelity.metric_prc import prc_features_to_metric

        def call() -> tuple[float, float]:
            found = prc_features_to_metric(
                fake, real, prc_neighborhood=5, prc_batch_size=10_000, save_cpu_ram=False, verbose=False
            )
            return found["precision"], found["recall"]

        return call

    def prdc() -> Call:
        from prdc import compute_prdc

        def call() -> tuple[float, float]:
            found = compute_prdc(real.numpy(), fake.numpy(), 5)
            return found["precision"], found["recall"]

        return call

    return Work(lambda: precision_recall(real, fake, 5), {"torch-fidelity": torch_fidelity, "prdc": prdc})


# ---------------------------------------------------------------- codes


@operation("hw5/vector_quantize", "vector_quantize, indices and vectors",
           "8192 vectors of 64, 512 codes; one of the two looks up in float32", tolerance=1e-6)  # fmt: skip
def _(dtype: torch.dtype) -> Work:
    z_e, codebook = torch.randn(8, 64, 32, 32, dtype=dtype), torch.randn(512, 64, dtype=dtype)

    def ours() -> tuple[Tensor, Tensor]:
        z_q, indices, *_ = vector_quantize(z_e, codebook)
        return z_q, indices

    def lucidrains() -> Call:
        from vector_quantize_pytorch import VectorQuantize

        peer = VectorQuantize(dim=64, codebook_size=512, accept_image_fmap=True, rotation_trick=False).to(dtype).eval()
        peer._codebook.embed.data.copy_(codebook.view_as(peer._codebook.embed))
        return without_graph(lambda: peer(z_e)[:2])

    def cdist() -> Call:
        def call() -> tuple[Tensor, Tensor]:
            indices = torch.cdist(z_e.permute(0, 2, 3, 1).reshape(-1, 64), codebook).argmin(1).view(8, 32, 32)
            return codebook[indices].permute(0, 3, 1, 2), indices

        return without_graph(call)

    return Work(without_graph(ours), {"vector-quantize-pytorch": lucidrains, "torch cdist": cdist})


@operation("hw5/discrete_latents", "categorical_kl, value and gradient", "128 x 49 latents of 64 values")
def _(dtype: torch.dtype) -> Work:
    logits = torch.randn(128, 49, 64, dtype=dtype, requires_grad=True)

    def distributions() -> Call:
        from torch.distributions import Categorical, kl_divergence

        uniform = Categorical(logits=torch.zeros(64, dtype=dtype), validate_args=False)
        return gradients(
            lambda: kl_divergence(Categorical(logits=logits, validate_args=False), uniform).sum(1).mean(), [logits]
        )

    return Work(gradients(lambda: categorical_kl(logits).mean(), [logits]), {"torch.distributions": distributions})


@operation("hw5/gumbel_softmax", "gumbel_softmax, value and gradient", "6272 x 64, temperature 0.7")
def _(dtype: torch.dtype) -> Work:
    logits, weight = torch.randn(6272, 64, dtype=dtype, requires_grad=True), torch.randn(6272, 64, dtype=dtype)

    def ours() -> Tensor:
        u = (-torch.empty_like(logits).exponential_()).exp()  # the noise that torch's own function draws
        return (gumbel_softmax(logits, u, 0.7) * weight).mean()

    def functional() -> Call:
        return gradients(lambda: (F.gumbel_softmax(logits, 0.7) * weight).mean(), [logits])

    return Work(gradients(ours, [logits]), {"torch F.gumbel_softmax": functional})
