"""Public checks of `vae`."""

import torch
from dgm.checking import public_check
from torch.distributions import Bernoulli, Normal, kl_divergence


def small(student, likelihood):
    """A small model and a batch of four points for it."""
    x = torch.randn(4, 5)
    return student.VAE(5, 3, hidden=16, likelihood=likelihood), x if likelihood == "gaussian" else (x > 0).float()


def likelihood_of(model, z, likelihood):
    if likelihood != "gaussian":
        return Bernoulli(logits=model.decode(z))
    mean, log_std = model.decode(z)
    return Normal(mean, torch.exp(log_std))


@public_check("encode and decode have the right shapes")
def shapes(student):
    for likelihood in ("gaussian", "bernoulli"):
        model, x = small(student, likelihood)
        for part in model.encode(x):
            shape = tuple(part.shape)
            assert shape == (4, 3), f"encode should give two tensors of shape (4, 3), got {shape}"
        decoded = model.decode(torch.randn(2, 4, 3))
        output = decoded if likelihood == "bernoulli" else decoded[0]
        assert tuple(output.shape) == (2, 4, 5), "for z of shape (2, 4, 3) decode should give shape (2, 4, 5)"


@public_check("the loss has its three terms, and they add up")
def terms(student):
    for likelihood in ("gaussian", "bernoulli"):
        model, x = small(student, likelihood)
        loss = model.loss(x, torch.randn(4, 3))
        assert set(loss) >= {"total", "rec", "kl"}, "the loss should be a dictionary with total, rec and kl"
        assert all(loss[name].shape == () for name in ("total", "rec", "kl")), "every term should be a single number"
        assert abs((loss["total"] - loss["rec"] - loss["kl"]).item()) < 1e-4, "total should be rec + kl"


@public_check("both terms are what torch.distributions says")
def values(student):
    for likelihood in ("gaussian", "bernoulli"):
        model, x = small(student, likelihood)
        eps = torch.randn(4, 3)
        parts = model.loss(x, eps)
        q = Normal(*(part if i == 0 else torch.exp(part) for i, part in enumerate(model.encode(x))))
        kl = kl_divergence(q, Normal(0.0, 1.0)).sum() / 4
        assert abs((parts["kl"] - kl).item()) < 1e-3, "kl: sum over the latent dimensions, mean over the batch"
        p = likelihood_of(model, torch.addcmul(q.loc, q.scale, eps), likelihood)
        rec = -p.log_prob(x).sum() / 4
        assert abs((parts["rec"] - rec).item()) < 1e-3, (
            f"rec ({likelihood}): the decoder at z = mean + std eps; sum over dimensions, mean over the batch"
        )


@public_check("the encoder learns from the reconstruction")
def gradient(student):
    model, x = small(student, "gaussian")
    eps = torch.randn(4, 3)
    model.loss(x, eps)["rec"].backward()
    mean, log_std = model.encode(x)
    touched = torch.autograd.grad(mean.sum() + log_std.sum(), list(model.parameters()), allow_unused=True)
    gradients = [p.grad for p, used in zip(model.parameters(), touched, strict=True) if used is not None]
    moved = any(g is not None and bool(g.abs().max() > 0) for g in gradients)
    assert moved, "no gradient of rec reaches the encoder: is z detached, or made under no_grad?"


@public_check("samples use the given noise")
def samples(student):
    model, _ = small(student, "gaussian")
    eps_z = torch.randn(6, 3)
    x = model.sample(eps_z, torch.zeros(6, 5))
    assert torch.allclose(x, likelihood_of(model, eps_z, "gaussian").mean, atol=1e-5), (
        "with eps_x = 0 a sample should be the decoder's mean at eps_z"
    )
    model, _ = small(student, "bernoulli")
    x = model.sample(eps_z, torch.rand(6, 5)).float()
    assert bool(((x == 0) | (x == 1)).all()), "with a Bernoulli likelihood samples should be 0 or 1"
    assert bool((model.sample(eps_z, torch.zeros(6, 5)) == 1).all()), "where eps_x is 0 the pixel should be 1"


@public_check("a Gaussian sample is as far from the mean as eps_x and the decoder's std say")
def noise_of_samples(student):
    model, _ = small(student, "gaussian")
    with torch.no_grad():
        for weights in model.parameters():
            weights.add_(0.2)
    eps_z, eps_x = torch.randn(6, 3), torch.randn(6, 5)
    p = likelihood_of(model, eps_z, "gaussian")
    assert torch.allclose(model.sample(eps_z, eps_x), torch.addcmul(p.loc, p.scale, eps_x), atol=1e-4), (
        "a sample should be mean + std eps_x of the decoder at eps_z"
    )


@public_check("the decoder's log_std is learned")
def learned_width(student):
    model, x = small(student, "gaussian")
    log_std = model.decode(torch.randn(4, 3))[1]
    assert log_std.requires_grad, "log_std is fixed: it should be a parameter, or an output of the decoder"
