"""Public checks of `gumbel_softmax`."""

import math

import torch
from dgm.checking import public_check


@public_check("frequencies of the draws")
def frequencies(student):
    torch.manual_seed(0)
    logits = torch.tensor([0.0, 1.0, -1.0])
    drawn = student.gumbel_max(logits.expand(20_000, 3), torch.rand(20_000, 3))
    share = torch.bincount(drawn, minlength=3) / 20_000
    assert bool((share - logits.softmax(0)).abs().max() < 0.02), "the draws should have the law softmax(logits)"


@public_check("the sign of the noise")
def sign(student):
    u = torch.tensor([[0.9, 0.5, 0.1]])
    assert student.gumbel_max(torch.zeros(1, 3), u).item() == 0, "a larger u is a larger noise"


@public_check("the relaxation and its temperature")
def relaxation(student):
    logits, u = torch.zeros(1, 2), torch.tensor([[0.5, 0.25]])
    # exp(noise) is 1 / -log u: 1 / log 2 and 1 / log 4, in the ratio 2 : 1.
    for temperature, odds in ((1.0, 2.0), (0.5, 4.0), (2.0, math.sqrt(2))):
        y = student.gumbel_softmax(logits, u, temperature)
        assert abs(y[0, 0] / y[0, 1] - odds) < 1e-3, "the temperature divides logit and noise together"


@public_check("hard values, soft gradients")
def hard(student):
    logits, u = torch.randn(4, 5, requires_grad=True), torch.rand(4, 5)
    y = student.gumbel_softmax(logits, u, 0.8, hard=True)
    assert torch.equal(y.detach().argmax(-1), student.gumbel_max(logits, u)), "hard should be the draw of gumbel_max"
    assert torch.allclose(y.detach().sort(-1).values[:, :4], torch.zeros(4, 4), atol=1e-6), "hard should be one-hot"
    weight = torch.randn(4, 5)
    (a,) = torch.autograd.grad((y * weight).sum(), logits)
    (b,) = torch.autograd.grad((student.gumbel_softmax(logits, u, 0.8) * weight).sum(), logits)
    assert torch.allclose(a, b, atol=1e-5), "the gradient of the hard draw should be that of the relaxed one"


@public_check("the discrete VAE: shapes and the parts of its loss")
def model(student):
    vae = student.DiscreteVAE(5, hidden=8, halvings=1)
    x, u = (torch.rand(3, 1, 4, 6) < 0.4).float(), torch.rand(3, 5, 2, 3)
    logits = vae.encode(x)
    assert tuple(logits.shape) == (3, 5, 2, 3), "encode should give logits (B, n_codes, h, w)"
    assert tuple(vae.decode(logits.softmax(1)).shape) == (3, 1, 4, 6), "decode should give the shape of the images"
    loss = vae.loss(x, u, 0.7, beta=0.5)
    assert abs(loss["total"] - loss["rec"] - 0.5 * loss["kl"]) < 1e-3, "total = rec + beta kl"
    q = torch.distributions.Categorical(logits=logits.permute(0, 2, 3, 1))
    kl = (math.log(5) - q.entropy()).sum() / 3
    assert abs(loss["kl"] - kl) < 1e-3, "kl: summed over the codes, averaged over the batch; values along axis 1"
