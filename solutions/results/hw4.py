"""Homework 4: the VAE of homework 2 with a flow that learns its aggregate posterior as another prior, and a GAN."""

import torch
import torch.nn.functional as F
from dgm import CouplingFlow
from torch import Generator, Tensor, nn

from solutions.hw2.importance_weighting import iwae_bound
from solutions.hw2.vae import VAE
from solutions.hw4.flow_prior import FlowPrior
from solutions.hw4.gan import gan_losses
from solutions.results.adversaries import Adversaries, adversarial
from solutions.results.data import BINARY_MNIST
from solutions.results.entry import JUDGED, Data, Entry, Player, Published, Quantity, per_image
from solutions.results.hw2 import vae, vae_loss

DRAWS = 100  # per test image, for the bounds

NOTES = (
    "Homework 4, **flow prior**: the VAE learns as in homework 2, with N(0, I); the flow learns beside it, from draws "
    "of the encoder that pass no gradient back. Both bounds are of one network and the same draws: their difference is "
    "what the other prior gains.",
    "Homework 4, **GAN**: it has no likelihood, so that its samples alone are measured. It meets binary pixels and "
    "shows probabilities; for the FID every pixel is drawn with its probability, as from all other models of the "
    "chapter. Grey fakes are told from binary digits at once: with the same learning rate for both players the "
    "generator learnt next to nothing (FID 13.8 after 120 CPU s), so that the discriminator's is ten times smaller.",
)


class TwoPriors(nn.Module):
    """A VAE, and a flow that stands beside N(0, I) as its prior."""

    def __init__(self, vae: VAE, d_z: int) -> None:
        super().__init__()
        self.vae = vae
        self.prior = FlowPrior(CouplingFlow(d_z, layers=8, hidden=128))


def two_priors(data: Data) -> TwoPriors:
    network = vae(data)
    return TwoPriors(network, network.encode(torch.zeros(1, data.side**2))[0].shape[1])


def own_loss(model: TwoPriors, x: Tensor, generator: Generator) -> Tensor:
    """The VAE's loss, as in homework 2."""
    return vae_loss(model.vae, x, generator)


def prior_loss(model: TwoPriors, x: Tensor, generator: Generator) -> Tensor:
    """KL(q(z | x) || p(z)) of the flow, which learns what the encoder makes of data."""
    with torch.no_grad():
        mean, log_std = model.vae.encode(x.flatten(1))
    return model.prior.kl(mean, log_std, torch.randn(mean.shape, generator=generator)).mean()


def bounds(model: TwoPriors, x: Tensor, generator: Generator) -> dict[str, Tensor]:
    """Upper bounds of -log p(x) under both priors, from the same draws: (B,) nats each."""
    x = x.flatten(1)
    mean, log_std = model.vae.encode(x)
    eps = torch.randn(DRAWS, *mean.shape, generator=generator)
    z = mean + log_std.exp() * eps
    logits = model.vae.decode(z)
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    standard = torch.distributions.Normal(0.0, 1.0)
    log_q = (standard.log_prob(eps) - log_std).sum(-1)
    by_flow = likelihood + model.prior.log_prob(z.flatten(0, 1)).view(z.shape[:2]) - log_q
    by_normal = likelihood + standard.log_prob(z).sum(-1) - log_q
    return {
        "-ELBO, flow": -by_flow.mean(0),
        "-ELBO, N(0, I)": -by_normal.mean(0),
        f"-L_{DRAWS}, flow": -iwae_bound(by_flow),
        f"-L_{DRAWS}, N(0, I)": -iwae_bound(by_normal),
    }


def sample(model: TwoPriors, count: int, data: Data, generator: Generator) -> Tensor:
    """Means of the decoder at draws from the flow."""
    z = model.prior.sample(torch.randn(count, model.prior.flow.places.shape[1], generator=generator))
    return model.vae.decode(z).sigmoid().view(-1, 1, data.side, data.side)


def discriminator_loss(model: Adversaries, x: Tensor, generator: Generator) -> Tensor:
    fake = model.fakes(len(x), generator).detach()
    return gan_losses(model.critic(x), model.critic(fake), "non-saturating")[0]


def generator_loss(model: Adversaries, x: Tensor, generator: Generator) -> Tensor:
    judged = model.critic(model.fakes(len(x), generator))
    return gan_losses(judged.detach(), judged, "non-saturating")[1]


MODELS = {
    "flow_prior": Entry(
        title="VAE with a flow prior (homework 4)",
        built_as="the VAE of homework 2; 8 couplings with two hidden layers of 128 over its 50 latent dimensions",
        data=BINARY_MNIST,
        build=two_priors,
        players=(
            Player(own_loss, learning_rate=1e-3, parameters=lambda model: model.vae.parameters()),
            Player(prior_loss, learning_rate=1e-3, parameters=lambda model: model.prior.parameters()),
        ),
        batch_size=100,
        measure=per_image(bounds, at_once=50),
        quantities={
            "-ELBO, flow": Quantity("−ELBO with the flow", "bound"),
            "-ELBO, N(0, I)": Quantity("−ELBO with N(0, I)", "bound"),
            f"-L_{DRAWS}, flow": Quantity(f"−L_{DRAWS} with the flow", "bound"),
            f"-L_{DRAWS}, N(0, I)": Quantity(f"−L_{DRAWS} with N(0, I)", "bound"),
            **JUDGED,
        },
        headline="-ELBO, flow",
        sample=sample,
        published=Published(
            None,
            "Chen et al. 2017 (arXiv:1611.02731) learn an autoregressive flow as the prior of another model.",
            "Their decoder is autoregressive: what the prior alone gains is not told.",
        ),
        look="The decoder's probabilities at draws from the flow, not pixels that were drawn.",
    ),
    "gan": adversarial(
        "GAN (homework 4)",
        "the convolutional networks of homework 4, non-saturating loss",
        discriminator_loss,
        generator_loss,
        learning_rates=(2e-4, 2e-3),
        betas=(0.5, 0.999),
        published=Published(
            None,
            "Goodfellow et al. 2014 (arXiv:1406.2661) estimate a likelihood of MNIST from samples, by Parzen windows.",
            "A density of grey levels, fitted to samples, is no number of this chapter.",
        ),
    ),
}
