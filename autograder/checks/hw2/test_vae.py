"""Hidden checks of hw2/vae: the variational autoencoder (Kingma & Welling, 2014, arXiv:1312.6114).

Oracle   torch.distributions on what the same weights give for `encode` and `decode`: whatever the networks are, the
         loss must follow from their outputs. The gradient is measured here as well: all parameters are moved a little
         along a random direction, the loss is computed anew from `encode` and `decode`, and its slope must be the
         one that backpropagation through `loss` finds. After training, the ELBO of new data is computed from
         `encode` and `decode` with noise of the judge. On Gaussian data it is held against log p(x) itself, point by
         point: its mean lies below that of log p(x) by a KL divergence, which is small and not negative.
Error    The oracles agree with the reference to 1e-10; 1e-4 of the size is allowed, 1e-3 for slopes.
Training Gaussian data in 2 dimensions, 1000 steps: log p(x) minus the ELBO is 0.020 +- 0.011 nats, the KL
         1.34 +- 0.06 (mean and sd over 10 seeds; right alternatives 0.013-0.053); without reparametrisation 0.68 and
         KL 0, with a KL averaged over dimensions 0.40, with the decoder's std fixed at 1 0.20.
         Digits, 480 steps: the negative ELBO is 19.9 +- 0.3 nats, 0.788 +- 0.010 of what independent pixels reach
         (10 seeds; right alternatives 0.752-0.815); with a mean over pixels it is 1.006 of it, with KL 0.
Cost     about 3 s of CPU, nearly all of it in the two training checks.
Rejects  every file in wrong/vae__*.py.
"""

import math
from functools import cache

import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from autograder.checking import Failed, hint, limits, points, probe, sequence, tensor

LIKELIHOODS = ("gaussian", "bernoulli")


@probe
def random_model(student, sizes, likelihood, seed, size, shift):
    """A model in float64 with random parameters, moved by `shift` along a random direction; and that direction."""
    torch.manual_seed(seed)
    model = student.VAE(*sizes, likelihood=likelihood).double()
    generator = torch.Generator().manual_seed(seed)
    direction = []
    with torch.no_grad():
        for parameter in model.parameters():
            scale = size * parameter[0].numel() ** -0.5 if parameter.dim() > 1 else 0.3
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
            direction.append(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
            parameter.add_(shift * direction[-1])
    return model, direction


@probe
def encoded(student, settings, x):
    """Means and log standard deviations of q(z | x)."""
    with torch.no_grad():
        return random_model(student, *settings)[0].encode(x)


@probe
def decoded(student, settings, z):
    """What the decoder says about x for z."""
    with torch.no_grad():
        return random_model(student, *settings)[0].decode(z)


@probe
def losses(student, settings, x, eps):
    """The terms of the loss, in a dictionary."""
    return random_model(student, *settings)[0].loss(x, eps)


@probe
def slopes(student, settings, x, eps):
    """The slopes of total, rec and kl along the random direction, by backpropagation."""
    model, direction = random_model(student, *settings)
    loss = model.loss(x, eps)
    found = []
    for name in ("total", "rec", "kl"):
        if not loss[name].requires_grad:  # a constant
            found.append(0.0)
            continue
        gradients = torch.autograd.grad(loss[name], list(model.parameters()), retain_graph=True, allow_unused=True)
        found.append(sum((g * v).sum() for g, v in zip(gradients, direction, strict=True) if g is not None))
    return found


@probe
def drawn(student, settings, eps_z, eps_x):
    """Points drawn from the model."""
    return random_model(student, *settings)[0].sample(eps_z, eps_x)


@probe
def train(student, x, sizes, likelihood, steps, batch, learning_rate, seed):
    """Train a model; it stays with the student's class, where `trained_encode` and `trained_decode` find it."""
    torch.manual_seed(seed)
    model = student.VAE(*sizes, likelihood=likelihood)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for _ in range(steps):
        rows = torch.randint(len(x), (batch,))
        optimizer.zero_grad()
        model.loss(x[rows], torch.randn(batch, sizes[1]))["total"].backward()
        optimizer.step()
    student.VAE.trained = model


@probe
def trained_encode(student, x):
    with torch.no_grad():
        return student.VAE.trained.encode(x)


@probe
def trained_decode(student, z):
    with torch.no_grad():
        return student.VAE.trained.decode(z)


def normal(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def data(rng: torch.Generator, n: int, d_x: int, likelihood: str) -> Tensor:
    """Generic points of the right kind: real numbers, or 0 and 1."""
    x = 1.5 * normal(rng, n, d_x) + 0.5
    return x if likelihood == "gaussian" else (x > 0).double()


def posterior(answer: object, n: int, d_z: int) -> Normal:
    """q(z | x) from what `encode` returned."""
    mean, log_std = sequence(answer, 2, "what encode returns")
    mean, log_std = tensor(mean, (n, d_z), "the mean of encode"), tensor(log_std, (n, d_z), "the log_std of encode")
    return Normal(mean, standard_deviation(log_std, "the log_std of encode"))


def likelihood_of(answer: object, shape: tuple[int, ...], likelihood: str) -> Normal | Bernoulli:
    """p(x | z) from what `decode` returned; `shape` is that of x."""
    if likelihood == "bernoulli":
        return Bernoulli(logits=tensor(answer, shape, "what decode returns"))
    mean, log_std = sequence(answer, 2, "what decode returns")
    if not isinstance(log_std, Tensor) or not broadcasts(tuple(log_std.shape), shape):
        log_std = tensor(log_std, shape, "the log_std of decode")
    log_std = tensor(log_std, tuple(log_std.shape), "the log_std of decode").expand(shape)
    return Normal(tensor(mean, shape, "the mean of decode"), standard_deviation(log_std, "the log_std of decode"))


def broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether a tensor of that shape may be expanded to the target."""
    tail = target[len(target) - len(shape) :]
    return len(shape) <= len(target) and all(a in (1, b) for a, b in zip(shape, tail, strict=True))


def standard_deviation(log_std: Tensor, what: str) -> Tensor:
    if log_std.abs().max() > 100:
        raise Failed(f"{what} is far too large or too small: its exponential is no sensible standard deviation")
    return log_std.exp()


def truth(grade, settings: list, x: Tensor, eps: Tensor) -> tuple[float, float]:
    """The two terms rec and kl that the outputs of `encode` and `decode` imply."""
    _, d_z, _ = settings[0]
    q = posterior(grade.submission(encoded, settings, x), len(x), d_z)
    z = torch.addcmul(q.mean, q.stddev, eps)
    p = likelihood_of(grade.submission(decoded, settings, z), tuple(x.shape), settings[1])
    rec = -p.log_prob(x).sum() / len(x)
    return rec.item(), kl_divergence(q, Normal(0.0, 1.0)).sum().item() / len(x)


def terms(answer: object) -> list[float]:
    """total, rec and kl from what `loss` returned."""
    names = ("total", "rec", "kl")
    if not isinstance(answer, dict) or any(name not in answer for name in names):
        raise Failed("loss should return a dictionary with the keys total, rec and kl")
    return [tensor(answer[name], (), f"{name} of the loss").item() for name in names]


def close(value: float, expected: float) -> bool:
    return abs(value - expected) <= 1e-4 * max(1.0, abs(expected))


def cases(grade) -> list:
    """Settings, data and noise for both likelihoods; the sizes differ from each other, one batch has one row."""
    found = []
    for i, (sizes, n) in enumerate((((5, 3, 7), 6), ((2, 4, 6), 1))):
        for likelihood in LIKELIHOODS:
            settings = [sizes, likelihood, grade.seed + i, 1.0, 0.0]
            x = data(grade.rng, n, sizes[0], likelihood)
            found.append((settings, x, normal(grade.rng, n, sizes[1])))
    return found


@points("1/5")
@hint("Sum over the latent dimensions, average over the batch; log_std is the logarithm of a standard deviation.")
def test_kl(grade):
    """`kl` is the KL divergence from q(z | x) to the prior in closed form, and total = rec + kl."""
    for settings, x, eps in cases(grade):
        total, rec, kl = terms(grade.submission(losses, settings, x, eps))
        assert close(total, rec + kl), "total is not rec + kl"
        assert close(kl, truth(grade, settings, x, eps)[1]), "kl is not right for what encode returns"


@points("1/4")
@hint("z = mean + std * eps; then -log p(x | z) with every constant, summed over dimensions, averaged over the batch.")
def test_reconstruction(grade):
    """`rec` is -log p(x | z) at the z that eps makes, and the decoder takes z of any shape (..., d_z)."""
    for settings, x, eps in cases(grade):
        rec = terms(grade.submission(losses, settings, x, eps))[1]
        assert close(rec, truth(grade, settings, x, eps)[0]), f"rec is not right with the {settings[1]} likelihood"
        (d_x, d_z, _), likelihood = settings[:2]
        z = normal(grade.rng, 3, 2, d_z)
        p = likelihood_of(grade.submission(decoded, settings, z), (3, 2, d_x), likelihood)
        flat = likelihood_of(grade.submission(decoded, settings, z.reshape(6, d_z)), (6, d_x), likelihood)
        same = (p.mean.reshape(6, d_x) - flat.mean).abs().max() < 1e-4 * (1 + flat.mean.abs().max())
        assert same, "decode gives something else for z of shape (K, B, d_z) than row by row"
    for settings, x, eps in cases(grade)[1::2]:
        far = 500 * eps  # so far from the prior the pixels' probabilities are 0 and 1 to machine precision
        rec = terms(grade.submission(losses, settings, x, far))[1]
        assert close(rec, truth(grade, settings, x, far)[0]), "rec is not right where the decoder is very sure"


@points("1/5")
@hint("Both terms depend on the encoder: kl directly, rec through z. Is anything detached, or under no_grad?")
def test_gradient(grade):
    """Backpropagation through the loss finds the slope that the loss really has, encoder included."""
    for settings, x, eps in cases(grade):
        answer = sequence(grade.submission(slopes, settings, x, eps), 3, "the gradients")
        total, rec, kl = (tensor(slope, (), "a gradient").item() for slope in answer)
        # A unit of the network may switch within a step, and float32 inside a model makes a small step noisy: with
        # one step of 1e-4 the reference failed on 4 of 151 seeds, so either of two may agree.
        found = []
        for step in (1e-6, 1e-4):
            up, down = (truth(grade, [*settings[:4], shift], x, eps) for shift in (step, -step))
            true_rec, true_kl = ((a - b) / (2 * step) for a, b in zip(up, down, strict=True))
            tolerance = 1e-3 * (1 + abs(true_rec) + abs(true_kl))
            wrong = [
                name
                for name, slope, true in (
                    ("kl", kl, true_kl),
                    ("rec", rec, true_rec),
                    ("total", total, true_rec + true_kl),
                )
                if not abs(slope - true) < tolerance
            ]
            found.append(wrong)
        right = not all(found)
        assert right, f"the gradient of {found[0][0]} is not right: does it reach all parameters?"


@points("3/20")
@hint("z comes from the prior; then x is drawn from p(x | z), it is not its mean.")
def test_sample(grade):
    """`sample` draws z from the prior and x from p(x | z), with the given noise."""
    for settings, _, _ in cases(grade):
        (d_x, d_z, _), likelihood = settings[:2]
        n = 8
        eps_z = normal(grade.rng, n, d_z)
        p = likelihood_of(grade.submission(decoded, settings, eps_z), (n, d_x), likelihood)
        if likelihood == "gaussian":
            eps_x = normal(grade.rng, n, d_x)
            x = tensor(grade.submission(drawn, settings, eps_z, eps_x), (n, d_x), "the sample")
            error = (x - torch.addcmul(p.mean, p.stddev, eps_x)).abs().max()
            assert error < 1e-4 * (1 + x.abs().max()), "the sample is not right with the gaussian likelihood"
        else:
            eps_x = torch.rand(n, d_x, generator=grade.rng, dtype=torch.float64)
            x = tensor(grade.submission(drawn, settings, eps_z, eps_x), (n, d_x), "the sample")
            clear = (eps_x - p.probs).abs() > 1e-4
            right = (x == (eps_x < p.probs).double()) | ~clear
            assert right.all(), "the sample is not right with the bernoulli likelihood"


def trained_bound(grade, x: Tensor, d_z: int, likelihood: str, draws: int) -> tuple[Tensor, float]:
    """The ELBO of every row of x, with noise of the judge, and the mean KL divergence."""
    n, d_x = x.shape
    q = posterior(grade.submission(trained_encode, x.float()), n, d_z)
    z = torch.addcmul(q.mean, q.stddev, normal(grade.rng, draws, n, d_z))
    p = likelihood_of(grade.submission(trained_decode, z.float()), (draws, n, d_x), likelihood)
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(1)
    return p.log_prob(x).sum(2).mean(0) - kl, kl.mean().item()


@points("1/10")
@limits(cpu_seconds=60, wall_seconds=240)
@hint("If the checks above pass: which parameters does the optimiser see? Is the decoder's log_std one of them?")
def test_learns_a_gaussian(grade):
    """Trained for a few seconds on a correlated Gaussian, the model comes close to its entropy and uses z."""
    angle = math.pi * (1 / 6 + torch.rand((), generator=grade.rng, dtype=torch.float64) / 6)
    rotation = torch.stack([angle.cos(), angle.sin(), -angle.sin(), angle.cos()]).reshape(2, 2)
    factor = rotation * torch.tensor([2.5, 0.6], dtype=torch.float64)  # standard deviations along the two axes
    p = MultivariateNormal(normal(grade.rng, 2), scale_tril=torch.linalg.cholesky(factor @ factor.T))
    x, test = (p.mean + normal(grade.rng, n, 2) @ factor.T for n in (6000, 3000))
    grade.submission(train, x.float(), (2, 2, 32), "gaussian", 1000, 128, 5e-3, grade.seed)
    bound, kl = trained_bound(grade, test, 2, "gaussian", 4)
    gap = p.log_prob(test) - bound
    error = gap.std().item() / math.sqrt(len(test))
    assert gap.mean() > -5 * error - 0.01, "the ELBO after training is better than the data allow"
    assert kl > 0.8, "after training z carries next to nothing about x"
    assert gap.mean() < 0.10, "after training the ELBO stays well below the log-likelihood that is possible"


@points("1/10")
@limits(cpu_seconds=60, wall_seconds=240)
@hint("If the checks above pass: is rec summed over all pixels? A mean would make the KL far too dear.")
def test_learns_digits(grade):
    """Trained for a few seconds on small digits, the model describes new digits better than independent pixels do."""
    images = digits()[torch.randperm(len(digits()), generator=grade.rng)]
    x, test = images[:1500], images[1500:]
    grade.submission(train, x, (64, 8, 64), "bernoulli", 480, 64, 5e-3, grade.seed)
    bound, kl = trained_bound(grade, test.double(), 8, "bernoulli", 4)
    frequency = x.double().mean(0).clamp(0.001, 0.999)
    independent = -Bernoulli(frequency).log_prob(test.double()).sum(1).mean().item()
    nelbo = -bound.mean().item()
    assert nelbo > 0.4 * independent, "after training the ELBO is better than the digits allow"
    assert kl > 2, "after training z carries next to nothing about the digits"
    assert nelbo < 0.87 * independent, "after training the ELBO is hardly better than with independent pixels"


@cache
def digits() -> Tensor:
    """The 1797 digits of scikit-learn as binary rows (1797, 64), 1 where the grey value is at least 8 of 16."""
    return torch.tensor(load_digits().images >= 8).float().flatten(1)
