"""Hidden checks of hw5/gumbel_softmax: Gumbel noise, its relaxation, and the discrete VAE (Jang et al., 2017).

Oracle   For two values the difference of two Gumbel numbers is logistic, and the relaxation is a sigmoid; for more, the
         relaxed entries are ratios of powers, with no exponential of the noise. Draws of a fine grid of u have exact
         frequencies for K = 2. Gradients by central differences of these formulas. The loss of the model follows from
         its encode and decode; its slope by differences.
Training Digits of 8 x 8 pixels in 4 x 4 codes. With beta = 0.1 and 150 steps the pixels, given drawn codes,
         cost 0.50 +- 0.03 of what independent pixels do (mean and sd over 10 seeds; a plain network 0.63 +- 0.04, a
         deeper one with GELUs 0.52 +- 0.06, linear layers on patches 0.81 +- 0.04), and the KL is 19.7 +- 0.8 nats
         (18.0 +- 1.2, 19.7 +- 1.6, 15.7 +- 1.2). An encoder that does not learn comes to 1.05.
Error    The formulas agree with the reference to 1e-10; 1e-4 is allowed.
Cost     1.8 s of CPU, nearly all of it in the training check.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Bernoulli

from autograder.checking import Failed, Grade, hint, limits, points, probe, sequence, tensor
from autograder.judging.instruments import binary_digits, near, near_max, normal, state_of

PROMISES = {
    "gumbel_max": {
        "Draw from softmax(logits) by the largest sum of logit and Gumbel noise: (...), long": ("gumbel_max"),
        "u (..., K) holds uniform numbers in (0, 1), of which -log(-log u) is the noise": "gumbel_max",
    },
    "gumbel_softmax": {
        "softmax of (logits + Gumbel noise) / temperature over the last dimension": "relaxation",
        "logits and u (..., K) as for `gumbel_max`; temperature > 0.": "relaxation",
        "With `hard` the values are those of the one-hot vector of `gumbel_max` with the same u": "hard",
        "the gradient is that of the relaxed draw": "hard",
    },
    "DiscreteVAE": {
        "A VAE of binary images (B, 1, H, W) with h x w latent codes": "model_loss",
        "h is H / 2^halvings, and w is W / 2^halvings, for H and W that 2^halvings divides.": "model_loss",
        "Encoder and decoder are small convolutional networks with about `hidden` channels and any": "learns_digits",
        "no part of them looks at other images of the batch": "model_loss",
        "Logits (B, n_codes, h, w) of q(codes | x), which makes the codes independent": "model_loss",
        "Logits (B, 1, H, W) of the pixels, for one-hot codes or relaxed ones z (B, n_codes, h, w).": "model_loss",
        "dict(total=(), rec=(), kl=()), in nats per image": "model_loss",
        "u (B, n_codes, h, w) holds uniform numbers in (0, 1): the only randomness.": "model_loss",
        "-log p(x | z), summed over the pixels, at the relaxed draw z of `gumbel_softmax` with that temperature": (
            "model_loss, model_gradient"
        ),
        "`kl` is that of `categorical_kl`, summed over the codes; both are means over the batch": "model_loss",
        "total = rec + beta kl": "model_loss",
    },
}
LARGEST = 1e4  # of a logit


@probe
def draws(student, logits: Tensor, u: Tensor) -> list:
    z = student.gumbel_max(logits, u)
    return [z, str(z.dtype)]


@probe
def relaxed(student, logits: Tensor, u: Tensor, temperature: float, options: dict) -> Tensor:
    return student.gumbel_softmax(logits, u, temperature, **options)


@probe
def slope(student, logits: Tensor, u: Tensor, temperature: float, options: dict, cotangent: Tensor) -> Tensor:
    logits = logits.clone().requires_grad_()
    z = student.gumbel_softmax(logits, u, temperature, **options)
    return torch.autograd.grad((z * cotangent).sum() + (0 * logits).sum(), logits)[0]


@probe
def model(student, settings: list) -> tuple:
    """A model in float64, what learns in it moved by `shift` along a random direction; and the direction.

    With a fifth setting it is in evaluation mode.
    """
    sizes, seed, scale, shift, *evaluation = settings
    torch.manual_seed(seed)
    vae = student.DiscreteVAE(*sizes).double().train(not evaluation)
    generator, direction = torch.Generator().manual_seed(seed), []
    with torch.no_grad():
        for parameter in filter(lambda parameter: parameter.requires_grad, vae.parameters()):
            parameter.mul_(scale)
            move = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * parameter.abs().mean()
            parameter.add_(shift * move)
            direction.append(move)
    return vae, direction


@probe
def encoded(student, settings: list, x: Tensor) -> Tensor:
    with torch.no_grad():
        return model(student, settings)[0].encode(x)


@probe
def decoded(student, settings: list, z: Tensor) -> Tensor:
    with torch.no_grad():
        return model(student, settings)[0].decode(z)


@probe
def losses(student, settings: list, x: Tensor, u: Tensor, temperature: float, options: dict) -> dict:
    return model(student, settings)[0].loss(x, u, temperature, **options)


@probe
def model_slopes(student, settings: list, x: Tensor, u: Tensor, temperature: float, weights: list) -> Tensor:
    """The slope of a weighted sum of rec and kl along the direction, by backpropagation."""
    vae, direction = model(student, settings)
    loss = vae.loss(x, u, temperature)
    learning = [parameter for parameter in vae.parameters() if parameter.requires_grad]
    value = weights[0] * loss["rec"] + weights[1] * loss["kl"] + sum((p * 0).sum() for p in learning)
    gradients = torch.autograd.grad(value, learning)
    return sum((g * v).sum() for g, v in zip(gradients, direction, strict=True))


@probe
def train(student, x: Tensor, sizes: list, steps: int, batch: int, learning_rate: float, seed: int) -> dict:
    """Train a model: its parameters and buffers."""
    torch.manual_seed(seed)
    vae = student.DiscreteVAE(*sizes)
    optimizer = torch.optim.Adam(vae.parameters(), lr=learning_rate)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = learning_rate * min(1, 2 * (1 - step / steps))
        rows = torch.randint(len(x), (batch,))
        u = torch.rand(batch, sizes[0], 4, 4)
        optimizer.zero_grad()
        vae.loss(x[rows], u.clamp(1e-6, 1 - 1e-6), 1.0 - 0.5 * step / steps, beta=0.1)["total"].backward()
        optimizer.step()
    return dict(vae.state_dict())


@probe
def trained(student, sizes: list, seed: int, state: dict) -> object:
    """The trained model, made anew."""
    torch.manual_seed(seed)
    vae = student.DiscreteVAE(*sizes)
    vae.load_state_dict(state)
    return vae


@probe
def trained_encode(student, settings: list, x: Tensor) -> Tensor:
    with torch.no_grad():
        return trained(student, *settings).encode(x)


@probe
def trained_decode(student, settings: list, z: Tensor) -> Tensor:
    with torch.no_grad():
        return trained(student, *settings).decode(z)


def uniform(rng: torch.Generator, *shape: int) -> Tensor:
    return 0.001 + 0.998 * torch.rand(shape, generator=rng, dtype=torch.float64)


def with_extremes(u: Tensor) -> Tensor:
    """The same with two numbers near the ends, where the noise is small and large."""
    u = u.clone()
    u.view(-1)[:2] = torch.tensor([1e-7, 1 - 1e-7], dtype=torch.float64)
    return u


def true_relaxation(logits: Tensor, u: Tensor, temperature: float) -> Tensor:
    """exp(logit + noise) is exp(logit) / (-log u): its powers 1 / temperature, divided by their sum."""
    heights = logits / temperature - torch.log(-torch.log(u)) / temperature
    powers = torch.exp(heights - heights.amax(-1, keepdim=True))
    return powers / powers.sum(-1, keepdim=True)


def true_winner(logits: Tensor, u: Tensor) -> Tensor:
    """The smallest of -log(u) exp(-logit): the first of K exponential clocks."""
    return (-torch.log(u) * torch.exp(-logits)).min(-1).indices


@points("1/5")
@hint("Two logarithms and two signs. One noise for each of the K values; the largest sum wins.")
def test_gumbel_max(grade):
    """Draws are the winners of logit plus Gumbel noise, along the last dimension."""
    for shape in ((200, 5), (20, 3, 4), (6,), (2, 3, 4, 7)):
        logits, u = 1.5 * normal(grade.rng, *shape), with_extremes(uniform(grade.rng, *shape))
        z, dtype = sequence(grade.submission(draws, logits, u), 2, "the draws")
        z = tensor(z, shape[:-1], "the draws")
        assert (z == true_winner(logits, u)).all(), "gumbel_max does not give the largest sum of logit and noise"
        assert dtype == "torch.int64", "the draws should have the dtype long"


@points("1/5")
@hint("The temperature divides the sum of logit and noise; every entry has a noise of its own.")
def test_relaxation(grade):
    """The relaxed draw, at several temperatures."""
    for shape, temperature in (((8, 4), 0.7), ((3, 2, 5), 1.0), ((5, 2), 2.3), ((4, 3), 0.1)):
        logits, u = normal(grade.rng, *shape), with_extremes(uniform(grade.rng, *shape))
        found = tensor(grade.submission(relaxed, logits, u, temperature, {}), shape, "the relaxed draw")
        assert near_max(found, true_relaxation(logits, u, temperature)), "the relaxed draw is not right"


def slope_of_relaxation(logits: Tensor, u: Tensor, temperature: float, cotangent: Tensor) -> Tensor:
    """By central differences."""
    found, step = torch.zeros_like(logits), 1e-5
    for i in range(logits.numel()):
        move = torch.zeros(logits.numel(), dtype=torch.float64)
        move[i] = step
        up, down = (true_relaxation(logits + s * move.view_as(logits), u, temperature) for s in (1, -1))
        found.view(-1)[i] = ((up - down) * cotangent).sum() / (2 * step)
    return found


@points("1/5")
@hint("The value of one thing with the gradient of another: add the second, and subtract it detached.")
def test_hard(grade):
    """With hard=True the values are one-hot, and the gradient is that of the relaxed draw, as without it."""
    for shape, temperature in (((6, 4), 0.8), ((2, 5, 3), 1.5)):
        logits, u = normal(grade.rng, *shape), uniform(grade.rng, *shape)
        answer = grade.submission(relaxed, logits, u, temperature, {"hard": True})
        found = tensor(answer, shape, "the hard draw")
        truth = torch.eye(shape[-1], dtype=torch.float64)[true_winner(logits, u)]
        assert near_max(found, truth), "the hard draw is not the one-hot vector of gumbel_max"
        cotangent = normal(grade.rng, *shape)
        expected = slope_of_relaxation(logits, u, temperature, cotangent)
        for options, name in (({"hard": True}, "hard"), ({}, "relaxed")):
            answer = grade.submission(slope, logits, u, temperature, options, cotangent)
            found = tensor(answer, shape, f"the gradient of the {name} draw")
            assert near_max(found, expected), f"the gradient of the {name} draw is not right"


def terms(answer: object) -> list[float]:
    names = ("total", "rec", "kl")
    if not isinstance(answer, dict) or any(name not in answer for name in names):
        raise Failed("loss should return a dictionary with the keys total, rec and kl")
    return [tensor(answer[name], (), f"{name} of the loss").item() for name in names]


def images(rng: torch.Generator, n: int, height: int, width: int) -> Tensor:
    return (torch.rand(n, 1, height, width, generator=rng) < 0.4).double()


def true_terms(grade: Grade, models: list, x: Tensor, u: Tensor, temperature: float) -> list[tuple[float, float]]:
    """rec and kl of every model, from encode and decode; rows are asked for among others and in another order.

    Each of the two is asked in a process that was asked nothing else.
    """
    n, order = len(x), torch.randperm(len(x) + 3, generator=grade.rng)
    others, logits, found = images(grade.rng, 3, *x.shape[2:]), [], []
    grade.fresh_session()
    for settings in models:
        answer = grade.submission(encoded, settings, torch.cat([x, others])[order])
        answer = tensor(answer, (n + 3, *u.shape[1:]), "what encode returns", largest=LARGEST)
        logits.append(answer[order.argsort()][:n])
        assert logits[-1].std() > 1e-4, "encode gives the same for everything"
    grade.fresh_session()
    for settings, scores in zip(models, logits, strict=True):
        z = true_relaxation(scores.movedim(1, -1), u.movedim(1, -1), temperature).movedim(-1, 1)
        padded = torch.cat([z, z[:1].expand(3, *z.shape[1:]).flip(1)])[order]
        answer = grade.submission(decoded, settings, padded)
        answer = tensor(answer, (n + 3, *x.shape[1:]), "what decode returns", largest=LARGEST)
        pixels = answer[order.argsort()]
        assert (pixels - pixels[:1]).abs().max() > 1e-6, "decode gives the same for everything"
        rec = -Bernoulli(logits=pixels[:n]).log_prob(x).sum().item() / n
        log_q = scores.log_softmax(1)
        found.append((rec, (log_q.exp() * (log_q + math.log(u.shape[1]))).sum().item() / n))
    return found


def living(
    grade: Grade, options: list, sizes: list, x: Tensor, u: Tensor, temperature: float
) -> tuple[list, tuple[float, float]]:
    """Settings of a model whose decoder heeds its codes, and the true terms of its loss, in a session that saw none.

    With parameters of this size all units of a layer are dead now and then: another model is taken, twice.
    """
    for attempt in range(3):
        settings = [sizes, grade.guest_seed(), *options]
        try:
            (found,) = true_terms(grade, [settings], x, u, temperature)
            break
        except AssertionError:
            if attempt == 2:
                raise
    grade.fresh_session()
    return settings, found


@points("1/5")
@hint("Sums over pixels and over codes, a mean over the batch. The codes' values stand along axis 1 here.")
def test_model_loss(grade):
    """The loss of the discrete VAE follows from encode, decode and the given noise."""
    cases = (
        ([5, 6, 1], (4, 6), 3, 0.7, {"beta": 0.3}),
        ([3, 6, 2], (8, 4), 2, 1.2, {}),
        ([4, 5, 1], (6, 6), 1, 0.5, {}),
        ([4, 5, 1], (4, 4), 2, 0.8, {"beta": 2.0}),
    )
    for number, (sizes, size, n, temperature, options) in enumerate(cases):
        evaluation, x = ["evaluation"] if number == len(cases) - 1 else [], images(grade.rng, n, *size)
        u = uniform(grade.rng, n, sizes[0], size[0] // 2 ** sizes[2], size[1] // 2 ** sizes[2])
        settings, (true_rec, true_kl) = living(grade, [2.0, 0.0, *evaluation], sizes, x, u, temperature)
        total, rec, kl = terms(grade.submission(losses, settings, x, u, temperature, options))
        assert near(rec, true_rec), "rec is not -log p(x | z) at the relaxed draw, summed over pixels"
        assert near(kl, true_kl), "kl is not the divergence from uniform codes, summed over codes"
        assert near(total, rec + options.get("beta", 1.0) * kl), "total is not rec + beta kl"


@points("1/10")
@hint("Both terms reach the encoder: is anything detached, or hard without a gradient?")
def test_model_gradient(grade):
    """Backpropagation through the loss finds the slope that the loss really has, encoder included."""
    for sizes, temperature in (([4, 6, 1], 0.9), ([3, 5, 2], 0.6)):
        x = images(grade.rng, 2, 8, 4)
        u = uniform(grade.rng, 2, sizes[0], 8 // 2 ** sizes[2], 4 // 2 ** sizes[2])
        settings, _ = living(grade, [2.0, 0.0], sizes, x, u, temperature)
        weights = (0.5 + torch.rand(2, generator=grade.rng)).tolist()
        answer = grade.submission(model_slopes, settings, x, u, temperature, weights)
        found = tensor(answer, (), "the slope").item()
        right, steps = [], (1e-5, 1e-6)
        moved = [[*settings[:3], sign * step] for step in steps for sign in (1, -1)]
        ends = true_terms(grade, moved, x, u, temperature)
        for step, up, down in zip(steps, ends[::2], ends[1::2], strict=True):
            truth = sum(w * (a - b) / (2 * step) for w, a, b in zip(weights, up, down, strict=True))
            right.append(near(found, truth, 1e-4))
        assert any(right), "the gradient of the loss is not right: does it reach all parameters?"


@points("1/10")
@limits(cpu_seconds=40, wall_seconds=200)
@hint("If the checks above pass: does every part of the network train?")
def test_learns_digits(grade):
    """Trained for a few seconds on small digits, the codes say more about new digits than independent pixels do."""
    data = binary_digits()[torch.randperm(1797, generator=grade.rng)]
    x, test = data[:1500], data[1500:]
    sizes, seed = [8, 16, 1], grade.guest_seed()
    settings = [sizes, seed, state_of(grade.submission(train, x, sizes, 150, 48, 1e-2, seed), "a DiscreteVAE")]
    grade.fresh_session()
    logits = tensor(grade.submission(trained_encode, settings, test), (297, 8, 4, 4), "what encode returns")
    logits = logits.movedim(1, -1)
    winners = true_winner(logits, uniform(grade.rng, *logits.shape))
    order = torch.randperm(297, generator=grade.rng)
    z = torch.eye(8)[winners].movedim(-1, 1)
    grade.fresh_session()  # who decodes has not seen what was encoded
    pixels = tensor(grade.submission(trained_decode, settings, z[order]), (297, 1, 8, 8), "what decode returns")
    rec = -Bernoulli(logits=pixels).log_prob(test[order].double()).sum().item() / 297
    ink = x.double().mean(0).clamp(0.01, 0.99)
    share = rec / (-Bernoulli(ink).log_prob(test.double()).sum().item() / 297)
    assert share > 0.25, "after training the reconstructions are better than the codes allow"
    assert share < 0.96, "after training the reconstructions are hardly better than independent pixels"
    log_q = logits.log_softmax(-1)
    kl = (log_q.exp() * (log_q + math.log(8))).sum().item() / 297
    assert kl > 8, "after training the codes carry next to nothing about the digits"
