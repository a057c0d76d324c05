"""Tests of solutions/hw5/vqvae.py: the loss from its parts, gradients from parts, digits after a short training."""

import math

import dgm
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from solutions.hw5.vqvae import VQVAE, perplexity


def images(n: int, side: int = 8, seed: int = 0) -> Tensor:
    return (torch.rand(n, 1, side, side, generator=torch.Generator().manual_seed(seed)) < 0.4).double()


def model(**options: int) -> VQVAE:
    torch.manual_seed(0)
    return VQVAE(6, 3, **{"hidden": 8} | options).double()


@pytest.mark.parametrize(("halvings", "size"), [(1, (4, 3)), (2, (2, 5))])
def test_shapes(halvings, size):
    vqvae = model(halvings=halvings)
    x = torch.zeros(2, 1, size[0] * 2**halvings, size[1] * 2**halvings, dtype=torch.float64)
    indices = vqvae.encode(x)
    assert indices.shape == (2, *size) and indices.dtype == torch.long
    assert vqvae.decode(indices).shape == x.shape
    assert vqvae.codebook.shape == (6, 3) and -1 <= vqvae.codebook.min() < -0.2 < 0.2 < vqvae.codebook.max() <= 1


def test_the_loss_follows_from_the_codes():
    vqvae, x = model(), images(5)
    loss = vqvae.loss(x)
    logits = vqvae.decode(vqvae.encode(x))
    assert loss["rec"].item() == pytest.approx(F.binary_cross_entropy_with_logits(logits, x).item(), abs=1e-12)
    assert loss["codebook"].item() == pytest.approx(loss["commitment"].item(), abs=1e-12)
    total = loss["rec"] + loss["codebook"] + 0.25 * loss["commitment"]
    assert loss["total"].item() == pytest.approx(total.item(), abs=1e-12)


def test_who_learns_from_what():
    vqvae, x = model(), images(5)
    encoder, decoder = next(vqvae.encoder.parameters()), next(vqvae.decoder.parameters())
    learns = {}
    for part in ("rec", "codebook", "commitment"):
        gradients = torch.autograd.grad(vqvae.loss(x)[part], (encoder, vqvae.codebook, decoder), allow_unused=True)
        learns[part] = [gradient is not None and bool(gradient.any()) for gradient in gradients]
    assert learns == {
        "rec": [True, False, True],
        "codebook": [False, True, False],
        "commitment": [True, False, False],
    }


def test_the_encoder_follows_the_straight_through_gradient():
    vqvae, x = model(), images(5)
    z_e = vqvae.encoder(x)
    z_q = vqvae.codebook[vqvae.encode(x)].permute(0, 3, 1, 2).detach().requires_grad_()
    (cotangent,) = torch.autograd.grad(F.binary_cross_entropy_with_logits(vqvae.decoder(z_q), x), z_q)
    parameters = list(vqvae.encoder.parameters())
    expected = torch.autograd.grad((z_e * cotangent).sum(), parameters)
    found = torch.autograd.grad(vqvae.loss(x)["rec"], parameters)
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(found, expected, strict=True))


def test_images_do_not_see_each_other():
    vqvae, x = model(), images(4)
    assert torch.equal(vqvae.encode(x)[1:2], vqvae.encode(x[1:2]))


def test_perplexity():
    assert perplexity(torch.tensor([[0, 1], [2, 3]]), 4).item() == pytest.approx(4)
    assert perplexity(torch.tensor([2, 2, 2]), 5).item() == pytest.approx(1)
    frequencies = [0.5, 0.25, 0.25]
    expected = math.exp(-sum(p * math.log(p) for p in frequencies))
    assert perplexity(torch.tensor([4, 0, 4, 1]), 7).item() == pytest.approx(expected)


def test_it_learns_digits():
    train, test = dgm.digits()
    torch.manual_seed(0)
    vqvae = VQVAE(32, 8, hidden=16, halvings=1)
    optimizer = torch.optim.Adam(vqvae.parameters(), lr=3e-3)
    for _ in range(200):
        loss = vqvae.loss(train[torch.randint(len(train), (64,))])["total"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        indices = vqvae.encode(test)
        accuracy = ((vqvae.decode(indices) > 0) == (test > 0.5)).float().mean()
    assert accuracy > 0.93
    assert perplexity(indices, 32) > 5
