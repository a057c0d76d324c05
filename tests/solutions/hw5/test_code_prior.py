"""Tests of solutions/hw5/code_prior.py: enumeration, who sees whom, draws by the inverse of the CDF."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from solutions.hw5.code_prior import CodePrior


def prior(n_codes: int = 3, seed: int = 0) -> CodePrior:
    torch.manual_seed(seed)
    model = CodePrior(n_codes, 4, hidden=6, n_blocks=2).double()
    for parameter in model.parameters():
        parameter.data.mul_(2)
    return model


def codes(*shape: int, n_codes: int = 3, seed: int = 0) -> Tensor:
    return torch.randint(n_codes, shape, generator=torch.Generator().manual_seed(seed))


def test_a_place_sees_its_label_and_earlier_codes_only():
    model, indices, labels = prior(), codes(1, 3, 4), torch.tensor([1])
    before = model.logits(indices, labels)
    assert before.shape == (1, 3, 3, 4)
    for place in range(12):
        moved = indices.flatten(1).clone()
        moved[0, place] = (moved[0, place] + 1) % 3
        change = (model.logits(moved.view(1, 3, 4), labels) - before).abs().amax(1).flatten()
        assert (change[: place + 1] == 0).all()
        assert place % 4 == 3 or change[place + 1] > 1e-9
    assert ((model.logits(indices, torch.tensor([2])) - before).abs().amax(1) > 1e-9).all()


def test_probabilities_of_all_codes_sum_to_one():
    model = prior()
    everything = torch.tensor(list(itertools.product(range(3), repeat=4))).view(-1, 2, 2)
    for label in range(4):
        labels = torch.full((len(everything),), label)
        log_p = model.logits(everything, labels).log_softmax(1).gather(1, everything[:, None]).sum((1, 2, 3))
        assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-10)
        loss = model.loss(everything, labels).item()
        assert loss == pytest.approx(-log_p.mean().item() / 4, abs=1e-10)


def test_draws_invert_the_distribution_function():
    model, labels = prior(), torch.tensor([0, 3, 2])
    u = torch.rand(3, 3, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    drawn = model.sample(labels, u)
    assert drawn.dtype == torch.long and drawn.shape == u.shape
    p = model.logits(drawn, labels).softmax(1)
    upper = p.cumsum(1).gather(1, drawn[:, None])[:, 0]
    lower = upper - p.gather(1, drawn[:, None])[:, 0]
    assert (lower <= u).all() and (u < upper).all()


def test_the_ends_of_u():
    model, labels = prior(), torch.tensor([0])
    assert (model.sample(labels, torch.zeros(1, 2, 2, dtype=torch.float64)) == 0).all()
    assert (model.sample(labels, torch.full((1, 2, 2), 1 - 1e-17, dtype=torch.float64)) == 2).all()


def test_frequencies_of_draws():
    n, model = 20_000, prior()
    u = torch.rand(n, 1, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    drawn = model.sample(torch.zeros(n, dtype=torch.long), u)
    for pair in itertools.product(range(3), repeat=2):
        code = torch.tensor(pair).view(1, 1, 2)
        p = math.exp(-2 * model.loss(code, torch.tensor([0])).item())
        share = (drawn == code).all(-1).double().mean().item()
        assert share == pytest.approx(p, abs=5 * math.sqrt(p * (1 - p) / n))


def test_it_learns_from_labels():
    """Codes that repeat their label, with noise: the loss falls to the entropy of the noise."""
    torch.manual_seed(0)
    labels = torch.randint(3, (500,))
    noise = torch.rand(500, 3, 3) < 0.1
    indices = torch.where(noise, torch.randint(3, (500, 3, 3)), labels[:, None, None])
    model = CodePrior(3, 3, hidden=8, n_blocks=1)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(80):
        loss = F.cross_entropy(model.logits(indices, labels), indices)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    p = torch.tensor([0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3])
    assert model.loss(indices, labels).item() == pytest.approx(torch.special.entr(p).sum().item(), abs=0.03)
