"""Homework 5: discrete codes with a learned prior, bounded by one term of a sum over codes, and a WGAN-GP."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from solutions.hw5.code_prior import CodePrior
from solutions.hw5.gradient_penalty import critic_loss
from solutions.hw5.vqvae import VQVAE
from solutions.results.adversaries import Adversaries, adversarial
from solutions.results.data import BINARY_MNIST
from solutions.results.entry import JUDGED, Data, Entry, Player, Published, Quantity, per_image

CODES = 64
CRITIC_TURNS = 2  # for each of the generator

NOTES = (
    "Homework 5, **bound**: −log p(x) is at most the nats of the codes that the encoder chooses plus those of the "
    "pixels given these codes: one term of the sum over all codes.",
    f"Homework 5, **WGAN-GP**: the networks are those of the GAN, and so is the time; the critic has {CRITIC_TURNS} "
    "turns for each of the generator, and the penalty makes each of them dearer: it makes fewer steps.",
)


class CodedDigits(nn.Module):
    """A VQ-VAE and a prior over its codes, which learn side by side while the learning rate falls to 0."""

    def __init__(self) -> None:
        super().__init__()
        self.vqvae = VQVAE(CODES, dim=4, hidden=32)
        self.prior = CodePrior(CODES, n_labels=1, hidden=64, n_blocks=6)


def nobody(x: Tensor) -> Tensor:
    """The one label of images without labels: (B,)."""
    return torch.zeros(len(x), dtype=torch.long)


def code_loss(model: CodedDigits, x: Tensor, generator: Generator) -> Tensor:
    return model.vqvae.loss(x)["total"]


def prior_loss(model: CodedDigits, x: Tensor, generator: Generator) -> Tensor:
    with torch.no_grad():
        indices = model.vqvae.encode(x)
    return model.prior.loss(indices, nobody(x))


def bound(model: CodedDigits, x: Tensor, generator: Generator) -> dict[str, Tensor]:
    """An upper bound of -log p(x), and its two parts: (B,) nats each."""
    indices = model.vqvae.encode(x)
    logits = model.vqvae.decode(indices)
    pixels = F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)
    codes = F.cross_entropy(model.prior.logits(indices, nobody(x)), indices, reduction="none").flatten(1).sum(1)
    return {"bound": pixels + codes, "pixels": pixels, "codes": codes}


def sample(model: CodedDigits, count: int, data: Data, generator: Generator) -> Tensor:
    u = torch.rand(count, data.side // 4, data.side // 4, generator=generator)
    indices = model.prior.sample(nobody(u), u)
    return model.vqvae.decode(indices).sigmoid()


def wasserstein_loss(model: Adversaries, x: Tensor, generator: Generator) -> Tensor:
    """The critic's loss, with the gradient penalty."""
    with torch.no_grad():
        fake = model.fakes(len(x), generator)
    return critic_loss(model.critic, x, fake, torch.rand(len(x), generator=generator))


def generator_loss(model: Adversaries, x: Tensor, generator: Generator) -> Tensor:
    return -model.critic(model.fakes(len(x), generator)).mean()


MODELS = {
    "vqvae": Entry(
        title="VQ-VAE with prior (homework 5)",
        built_as=f"28 x 28 to 7 x 7 codes, {CODES} code vectors; gated PixelCNN over the codes, 64 channels, 6 blocks",
        data=BINARY_MNIST,
        build=lambda data: CodedDigits(),
        players=(
            Player(code_loss, learning_rate=2e-3, parameters=lambda model: model.vqvae.parameters()),
            Player(prior_loss, learning_rate=2e-3, parameters=lambda model: model.prior.parameters()),
        ),
        batch_size=64,
        # The two parts alone are no likelihoods of an image: what is plausible for one is not for them.
        measure=per_image(lambda model, x, generator: {"bound": bound(model, x, generator)["bound"]}),
        quantities={"bound": Quantity("codes and pixels", "bound"), **JUDGED},
        headline="bound",
        sample=sample,
        published=Published(
            None,
            "van den Oord, Vinyals & Kavukcuoglu 2017 (arXiv:1711.00937) report no figure for MNIST.",
            "Their likelihoods are for CIFAR-10, with a decoder of another size.",
        ),
        look="The decoder's probabilities, not pixels that were drawn.",
    ),
    "wgan_gp": adversarial(
        "WGAN-GP (homework 5)",
        "the networks of the GAN, weight 10 of the penalty",
        wasserstein_loss,
        generator_loss,
        learning_rates=(5e-4, 5e-4),
        betas=(0.5, 0.9),
        turns=CRITIC_TURNS,
        published=Published(
            None,
            "Gulrajani et al. 2017 (arXiv:1704.00028) measure other data, by the Inception score.",
            "Its features are of photographs.",
        ),
    ),
}
