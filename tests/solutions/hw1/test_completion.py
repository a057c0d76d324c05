"""Tests of solutions/hw1/completion.py: a slow independent filler, exact probabilities, and the number of calls."""

import itertools

import torch
from torch import Tensor, nn

from solutions.hw1.completion import complete


class Linear(nn.Module):
    """Logits are linear in the earlier pixels."""

    def __init__(self, H: int, W: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.weight = torch.randn(H * W, H * W, generator=generator, dtype=torch.float64).tril(-1)
        self.bias = torch.randn(H * W, generator=generator, dtype=torch.float64)
        self.calls = 0

    def logits(self, x: Tensor) -> Tensor:
        self.calls += 1
        return (x.flatten(1) @ self.weight.T + self.bias).view(x.shape)


def random_case(B: int, H: int, W: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(B * H * W)
    x0 = (torch.rand(B, 1, H, W, generator=generator, dtype=torch.float64) < 0.5).double()
    known = torch.rand(B, 1, H, W, generator=generator) < 0.6
    return x0, known, torch.rand(B, 1, H, W, generator=generator, dtype=torch.float64)


def test_equals_one_pixel_of_one_image_at_a_time():
    for B, H, W in ((1, 3, 5), (4, 5, 3), (3, 1, 7)):
        model, (x0, known, u) = Linear(H, W), random_case(B, H, W)
        expected = x0.clone().view(B, -1)
        for b, i in itertools.product(range(B), range(H * W)):
            if not known.view(B, -1)[b, i]:
                logit = model.bias[i] + sum(model.weight[i, j] * expected[b, j] for j in range(i))
                expected[b, i] = float(u.view(B, -1)[b, i] < 1 / (1 + torch.exp(-logit)))
        before = x0.clone()
        assert torch.equal(complete(model, x0, known, u).view(B, -1), expected)
        assert torch.equal(x0, before)
        assert model.calls == int((~known).any(0).sum())


def test_everything_known_needs_no_call():
    model, (x0, known, u) = Linear(3, 4), random_case(2, 3, 4)
    assert torch.equal(complete(model, x0, torch.ones_like(known), u), x0)
    assert model.calls == 0


def test_sampling_has_the_probabilities_of_the_model():
    """All 16 images of 2x2 pixels occur as often as the product of conditionals says."""
    model, n = Linear(2, 2), 40_000
    generator = torch.Generator().manual_seed(3)
    u = torch.rand(n, 1, 2, 2, generator=generator, dtype=torch.float64)
    x = complete(model, torch.full_like(u, 0.5), torch.zeros_like(u, dtype=torch.bool), u)
    images = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4)), dtype=torch.float64).view(16, 1, 2, 2)
    log_p = -nn.functional.softplus((1 - 2 * images) * model.logits(images)).flatten(1).sum(1)
    p = log_p.exp()
    assert abs(p.sum() - 1) < 1e-12
    frequency = (x.view(n, 1, 4) == images.view(1, 16, 4)).all(2).double().mean(0)
    assert ((frequency - p).abs() < 5 * (p * (1 - p) / n).sqrt()).all()
