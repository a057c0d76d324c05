"""Tests of solutions/results/hw5.py: the bound is one term of the sum over codes; the critic's loss; who learns."""

import itertools

import small_results as sr
import torch
from torch.distributions import Bernoulli, Categorical

from solutions.hw5.code_prior import CodePrior
from solutions.hw5.vqvae import VQVAE
from solutions.results import hw5


def small(n_codes=3):
    torch.manual_seed(0)
    model = hw5.CodedDigits()
    model.vqvae = VQVAE(n_codes, dim=2, hidden=8)
    model.prior = CodePrior(n_codes, n_labels=1, hidden=8, n_blocks=1)
    return model


def test_the_bound_is_one_term_of_the_sum_over_codes():
    """For images with two places all nine pairs of codes can be added up."""
    model, x = small(), torch.rand(5, 1, 4, 8, generator=torch.Generator().manual_seed(1)).round()
    with torch.no_grad():
        found = hw5.bound(model, x, torch.Generator())
        chosen = model.vqvae.encode(x)
        terms = {}
        for pair in itertools.product(range(3), repeat=2):
            codes = torch.tensor(pair).view(1, 1, 2).expand(5, 1, 2)
            prior = Categorical(logits=model.prior.logits(codes, hw5.nobody(x)).permute(0, 2, 3, 1))
            pixels = Bernoulli(logits=model.vqvae.decode(codes)).log_prob(x).flatten(1).sum(1)
            terms[pair] = prior.log_prob(codes).flatten(1).sum(1) + pixels
    own = torch.stack([terms[tuple(chosen[row].flatten().tolist())][row] for row in range(5)])
    assert torch.allclose(found["bound"], -own, atol=1e-4)
    assert torch.allclose(found["bound"], found["pixels"] + found["codes"])
    assert (found["bound"] > -torch.stack(list(terms.values())).logsumexp(0)).all()


def test_samples_are_images():
    model, data = small(), sr.stripes()
    with torch.no_grad():
        samples = hw5.sample(model, 3, sr.replace(data, test=torch.zeros(2, 1, 8, 8)), torch.Generator().manual_seed(0))
    assert samples.shape == (3, 1, 8, 8) and 0 <= samples.min() and samples.max() <= 1


def test_both_players_learn(tmp_path):
    """Each moves its own part: the codebook is never moved by the prior, nor the prior by the pixels."""
    images = torch.rand(16, 1, 8, 8, generator=torch.Generator().manual_seed(2)).round()
    model = small()
    for player, part in zip(hw5.MODELS["vqvae"].players, (model.vqvae, model.prior), strict=True):
        model.zero_grad()
        player.loss(model, images, torch.Generator()).backward()
        moved = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
        own = {id(p) for p in player.parameters(model)}
        assert {id(p) for p in part.parameters()} == own
        assert moved and all(id(dict(model.named_parameters())[name]) in own for name in moved)


def test_the_critic_pays_for_its_slope():
    """The loss of a linear critic, whose slope is the same everywhere: means, and ten squares of what it is off 1."""
    torch.manual_seed(0)
    model, x = hw5.MODELS["wgan_gp"].build(None), sr.squares().test
    linear = torch.nn.Linear(784, 1)
    model.critic = torch.nn.Sequential(torch.nn.Flatten(), linear, torch.nn.Flatten(0))
    critic, generator = hw5.MODELS["wgan_gp"].players
    fake = model.fakes(16, torch.Generator().manual_seed(0))
    gap = model.critic(fake).mean() - model.critic(x).mean()
    expected = gap + 10 * (torch.linalg.vector_norm(linear.weight) - 1) ** 2
    assert torch.allclose(critic.loss(model, x, torch.Generator().manual_seed(0)), expected, atol=1e-5)
    found = generator.loss(model, x, torch.Generator().manual_seed(0))
    assert torch.allclose(found, -model.critic(fake).mean(), atol=1e-6)


def test_each_player_of_the_wgan_moves_its_own_network(tmp_path):
    entry = hw5.MODELS["wgan_gp"]
    effort = sr.assert_adversaries_are_apart("wgan_gp", entry, tmp_path)
    assert effort["images"] == entry.batch_size * (hw5.CRITIC_TURNS + 1)


def test_the_wgan_learns_where_the_ink_is(tmp_path, monkeypatch):
    sr.assert_fakes_learn_where_the_ink_is("wgan_gp", hw5.MODELS["wgan_gp"], tmp_path, monkeypatch)
