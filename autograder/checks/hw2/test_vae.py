"""Hidden checks of hw2/vae: the variational autoencoder (Kingma & Welling, 2014, arXiv:1312.6114).

Oracle   torch.distributions on what the same weights give for `encode` and `decode`: whatever the networks are, the
         loss must follow from their outputs. The gradient is measured here as well: all parameters are moved a little
         along a random direction, the loss is computed anew from `encode` and `decode`, and its slope must be the
         one that backpropagation through `loss` finds. After training, the ELBO of new data is computed from
         `encode` and `decode` with noise of the judge, and log p(x) of further data, which are never sent, with draws
         from the prior. On Gaussian data both are held against log p(x) itself, point by point: the mean of the one
         lies below that of log p(x) by a KL divergence, which is small and not negative.
Forging  Rows are sent among others and in random order, and no answer may be one that fits whatever is asked: q must
         depend on x, p(x | z) on z, however little z moves, and the loss on the parameters. Otherwise a model of
         constants, a step-shaped decoder or hidden parameters satisfy every equation between the guest's own answers;
         after training, a `decode` that knows which row it is asked about just repeats it: only the trained parameters
         travel from process to process. The loss, `encode` and
         `decode` are asked in processes of their own, so that none of them remembers what another said. The seeds
         that are sent are not the judge's.
Error    The oracles agree with the reference to 1e-10; 1e-4 of the size is allowed, 1e-3 for slopes.
Training Gaussian data in 2 dimensions, 1000 steps, the learning rate falling to 0 in the second half: for the right
         alternative that did worst, log p(x) minus the ELBO is 0.012 +- 0.009 nats, the KL 1.31 +- 0.06, and the
         model's own density is off by 0.006 +- 0.003 (mean and sd over 8 seeds). With a learning rate that stays, a
         right alternative reached 0.13. Without reparametrisation 0.68 and KL 0, with a KL averaged over dimensions
         0.40, with the decoder's std fixed at 1 0.20.
         Digits, 480 steps: the negative ELBO is 0.784 +- 0.011 of what independent pixels reach, the model's own
         -log p(x) 0.76 +- 0.014 (8 seeds; the right alternative that did worst 0.791 +- 0.012 and 0.776 +- 0.015);
         with a mean over pixels it is 1.006 of it, with KL 0.
Cost     about 4 s of CPU, nearly all of it in the two training checks.
Rejects  every mistake in vae.mistakes.md.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from autograder.checking import Failed, hint, limits, points, probe, sequence, tensor
from autograder.judging.instruments import between, binary_digits, near, normal, state_of

PROMISES = {
    "VAE": {
        "A variational autoencoder on vectors x (B, d_x) with latent vectors z (B, d_z).": "kl, learns_digits",
        "Encoder and decoder are networks with one hidden layer of `hidden` units and any nonlinearity but sigmoids": (
            "learns_digits, kl"
        ),
        '`likelihood` is "gaussian", for real x, or "bernoulli", for x of 0s and 1s.': "reconstruction",
        'With "gaussian" the logarithms of the decoder\'s standard deviations are learnt too': "learns_a_gaussian",
        "Raises ValueError for another likelihood.": "other_likelihoods",
        "Parameters of q(z | x) for x (B, d_x): its means (B, d_z) and the logarithms of its standard deviations.": (
            "kl"
        ),
        "Parameters of p(x | z) for z (..., d_z), with any number of dimensions in front.": "reconstruction",
        "With a Bernoulli likelihood the logits (..., d_x) of x_i = 1.": "reconstruction",
        "With a Gaussian likelihood (mean, log_std)": "reconstruction",
        "The negative ELBO of x (B, d_x) and its two terms: dict(total=(), rec=(), kl=()), in nats per data": (
            "kl, reconstruction"
        ),
        "eps (B, d_z) is standard normal noise: the only randomness.": "reconstruction",
        "It makes one z per data point from q(z | x).": "reconstruction",
        "`rec` is -log p(x | z) at that z, `kl` is KL(q(z | x) || p(z)) in closed form, each summed over": (
            "reconstruction, kl"
        ),
        "No constant is left out, and all three stay finite when a probability is 0 or 1 to machine precision.": (
            "reconstruction"
        ),
        "the encoder learns from `rec` as well, through z.": "gradient",
        "Draw n points (n, d_x) from the model: z from the prior, then x from p(x | z).": "sample",
        "eps_z (n, d_z) is standard normal noise for z.": "sample",
        "x_i = 1 exactly when eps_x is smaller than the probability of x_i = 1, else 0, in any dtype.": "sample",
    },
}

LIKELIHOODS = ("gaussian", "bernoulli")
LARGEST, WIDEST = 1e5, 20.0  # of a mean or logit, of a log standard deviation


@probe
def random_model(student, sizes, likelihood, seed, size, shift):
    """A model in float64 with random parameters, moved by `shift` along a random direction; and that direction.

    Frozen parameters are as the model has made them.
    """
    torch.manual_seed(seed)
    model = student.VAE(*sizes, likelihood=likelihood).double()
    generator = torch.Generator().manual_seed(seed)
    direction = []
    with torch.no_grad():
        for parameter in filter(lambda parameter: parameter.requires_grad, model.parameters()):
            scale = size * max(parameter[:1].numel(), 1) ** -0.5 if parameter.dim() > 1 else 0.3
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
            direction.append(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
            parameter.add_(shift * direction[-1])
    return model, direction


@probe
def encoded(student, questions):
    """Means and log standard deviations of q(z | x), for all (settings, x)."""
    with torch.no_grad():
        return [random_model(student, *settings)[0].encode(x) for settings, x in questions]


@probe
def decoded(student, questions):
    """What the decoder says about x for z, for all (settings, z)."""
    with torch.no_grad():
        return [random_model(student, *settings)[0].decode(z) for settings, z in questions]


@probe
def parameter_counts(student, widths):
    """How many numbers models have whose hidden layers have these widths."""
    return [sum(p.numel() for p in student.VAE(5, 2, width).parameters()) for width in widths]


@probe
def losses(student, questions):
    """The terms of the loss, in a dictionary, for all (settings, x, eps)."""
    return [random_model(student, *settings)[0].loss(x, eps) for settings, x, eps in questions]


@probe
def slopes(student, settings, x, eps):
    """The slopes of total, rec and kl along the random direction, by backpropagation."""
    model, direction = random_model(student, *settings)
    loss = model.loss(x, eps)
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    found = []
    for name in ("total", "rec", "kl"):
        if not loss[name].requires_grad:  # a constant
            found.append(0.0)
            continue
        gradients = torch.autograd.grad(loss[name], learned, retain_graph=True, allow_unused=True)
        found.append(sum((g * v).sum() for g, v in zip(gradients, direction, strict=True) if g is not None))
    return found


@probe
def drawn(student, settings, eps_z, eps_x):
    """Points drawn from the model."""
    return random_model(student, *settings)[0].sample(eps_z, eps_x)


@probe
def train(student, x, sizes, likelihood, steps, batch, learning_rate, seed):
    """Train a model: its parameters and buffers."""
    torch.manual_seed(seed)
    model = student.VAE(*sizes, likelihood=likelihood)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = learning_rate * min(1, 2 * (1 - step / steps))
        rows = torch.randint(len(x), (batch,))
        optimizer.zero_grad()
        model.loss(x[rows], torch.randn(batch, sizes[1]))["total"].backward()
        optimizer.step()
    return dict(model.state_dict())


@probe
def trained(student, sizes, likelihood, seed, state):
    """The trained model, made anew."""
    torch.manual_seed(seed)
    model = student.VAE(*sizes, likelihood=likelihood)
    model.load_state_dict(state)
    return model


@probe
def trained_encode(student, settings, x):
    with torch.no_grad():
        return trained(student, *settings).encode(x)


@probe
def trained_decode(student, settings, z):
    with torch.no_grad():
        return trained(student, *settings).decode(z)


def data(rng: torch.Generator, n: int, d_x: int, likelihood: str) -> Tensor:
    """Generic points of the right kind: real numbers, or 0 and 1."""
    x = 1.5 * normal(rng, n, d_x) + 0.5
    return x if likelihood == "gaussian" else (x > 0).double()


def posterior(answer: object, n: int, d_z: int) -> Normal:
    """q(z | x) from what `encode` returned."""
    mean, log_std = sequence(answer, 2, "what encode returns")
    mean = tensor(mean, (n, d_z), "the mean of encode", largest=LARGEST)
    log_std = tensor(log_std, (n, d_z), "the log_std of encode")
    return Normal(mean, standard_deviation(log_std, "the log_std of encode"))


def likelihood_of(answer: object, shape: tuple[int, ...], likelihood: str) -> Normal | Bernoulli:
    """p(x | z) from what `decode` returned; `shape` is that of x."""
    if likelihood == "bernoulli":
        return Bernoulli(logits=tensor(answer, shape, "what decode returns", largest=LARGEST))
    mean, log_std = sequence(answer, 2, "what decode returns")
    if not isinstance(log_std, Tensor) or not broadcasts(tuple(log_std.shape), shape):
        log_std = tensor(log_std, shape, "the log_std of decode")
    log_std = tensor(log_std, tuple(log_std.shape), "the log_std of decode").expand(shape)
    mean = tensor(mean, shape, "the mean of decode", largest=LARGEST)
    return Normal(mean, standard_deviation(log_std, "the log_std of decode"))


def rows_of(p: Normal | Bernoulli, rows: Tensor) -> Normal | Bernoulli:
    """The distributions of some rows of a batch."""
    if isinstance(p, Bernoulli):
        return Bernoulli(logits=p.logits[rows])
    return Normal(p.mean[rows], p.stddev[rows])


def among(rows: Tensor, others: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """All rows of both in random order, and where those of `rows` now are."""
    both = torch.cat([rows, others])
    order = torch.randperm(len(both), generator=rng)
    return both[order], order.argsort()[: len(rows)]


def constant(parameter: Tensor) -> bool:
    """Whether all rows are the same."""
    return bool((parameter - parameter[0]).abs().max() < 1e-3)


def broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether a tensor of that shape may be expanded to the target."""
    tail = target[len(target) - len(shape) :]
    return len(shape) <= len(target) and all(a in (1, b) for a, b in zip(shape, tail, strict=True))


def standard_deviation(log_std: Tensor, what: str) -> Tensor:
    if log_std.abs().max() > WIDEST:
        raise Failed(f"{what} is far too large or too small: its exponential is no sensible standard deviation")
    return log_std.exp()


def q_of(grade, cases: list) -> list[Normal]:
    """q(z | x) of the rows of x, for all (settings, x), from a process that was asked nothing else."""
    grade.fresh_session()
    heaps = [(settings, *among(x, data(grade.rng, 8, x.shape[1], settings[1]), grade.rng)) for settings, x in cases]
    answers = grade.submission(encoded, [(settings, asked) for settings, asked, _ in heaps])
    found = []
    for answer, (settings, asked, where) in zip(sequence(answers, len(cases), "the list of q"), heaps, strict=True):
        q = posterior(answer, len(asked), settings[0][1])
        assert not constant(q.mean), "encode gives the same mean for every x"
        assert (q.stddev - 1).abs().max() > 1e-3, "encode gives the standard deviations of the prior for every x"
        found.append(rows_of(q, where))
    return found


def p_of(grade, cases: list) -> list[Normal | Bernoulli]:
    """p(x | z) for the rows of z, for all (settings, z), from a process that was asked nothing else."""
    grade.fresh_session()
    heaps = [(settings, *among(z, normal(grade.rng, 8, z.shape[1]), grade.rng)) for settings, z in cases]
    answers = grade.submission(decoded, [(settings, asked) for settings, asked, _ in heaps])
    found = []
    for answer, (settings, asked, where) in zip(sequence(answers, len(cases), "the list of p"), heaps, strict=True):
        p = likelihood_of(answer, (len(asked), settings[0][0]), settings[1])
        assert not constant(p.mean), "decode gives the same for every z"
        found.append(rows_of(p, where))
    return found


def truths(grade, cases: list) -> list[tuple[float, float]]:
    """The two terms rec and kl that the outputs of `encode` and `decode` imply, for all (settings, x, eps)."""
    qs = q_of(grade, [(settings, x) for settings, x, _ in cases])
    draws = [torch.addcmul(q.mean, q.stddev, eps) for q, (*_, eps) in zip(qs, cases, strict=True)]
    ps = p_of(grade, [(settings, z) for (settings, *_), z in zip(cases, draws, strict=True)])
    found = []
    for q, p, (_, x, _) in zip(qs, ps, cases, strict=True):
        kl = kl_divergence(q, Normal(0.0, 1.0)).sum().item() / len(x)
        found.append((-p.log_prob(x).sum().item() / len(x), kl))
    return found


def claimed(grade, cases: list) -> list[list[float]]:
    """total, rec and kl of the loss, for all (settings, x, eps)."""
    answers = grade.submission(losses, cases)
    return [terms(answer) for answer in sequence(answers, len(cases), "the list of losses")]


def terms(answer: object) -> list[float]:
    """total, rec and kl from what `loss` returned."""
    names = ("total", "rec", "kl")
    if not isinstance(answer, dict) or any(name not in answer for name in names):
        raise Failed("loss should return a dictionary with the keys total, rec and kl")
    return [tensor(answer[name], (), f"{name} of the loss").item() for name in names]


def cases(grade) -> list:
    """Settings, data and noise for both likelihoods; the sizes differ from each other, one batch has one row."""
    found = []
    for sizes, n in (((5, 3, 7), 6), ((2, 4, 6), 1)):
        for likelihood in LIKELIHOODS:
            settings = [sizes, likelihood, grade.guest_seed(), 0.6, 0.0]
            x = data(grade.rng, n, sizes[0], likelihood)
            found.append((settings, x, normal(grade.rng, n, sizes[1])))
    return found


@points("1/5")
@hint("Sum over the latent dimensions, average over the batch; log_std is the logarithm of a standard deviation.")
def test_kl(grade):
    """`kl` is the KL divergence from q(z | x) to the prior in closed form, and total = rec + kl."""
    asked = cases(grade)
    few, more, many = sequence(grade.submission(parameter_counts, [3, 9, 40]), 3, "the numbers of parameters")
    assert few < more < many, "a model with a wider hidden layer does not have more parameters"
    for (total, rec, kl), (_, true_kl) in zip(claimed(grade, asked), truths(grade, asked), strict=True):
        assert near(total, rec + kl), "total is not rec + kl"
        assert near(kl, true_kl), "kl is not right for what encode returns"


@points("1/4")
@hint("z = mean + std * eps; then -log p(x | z) with every constant, summed over dimensions, averaged over the batch.")
def test_reconstruction(grade):
    """`rec` is -log p(x | z) at the z that eps makes, and the decoder takes z of any shape (..., d_z)."""
    asked = cases(grade)
    # So far from the prior the pixels' probabilities are 0 and 1 to machine precision.
    far = [(settings, x, 500 * eps) for settings, x, eps in cases(grade)[1::2]]
    found = zip(claimed(grade, [*asked, *far]), truths(grade, [*asked, *far]), [*asked, *far], strict=True)
    for number, ((_, rec, _), (true_rec, _), (settings, *_)) in enumerate(found):
        where = f"with the {settings[1]} likelihood" if number < len(asked) else "where the decoder is very sure"
        assert near(rec, true_rec), f"rec is not right {where}"
    for settings, _, _ in asked:
        (d_x, d_z, _), likelihood = settings[:2]
        z = normal(grade.rng, 3, 2, d_z)
        questions = [(settings, z), (settings, z.reshape(6, d_z))]
        answer = sequence(grade.submission(decoded, questions), 2, "the list of p")
        p = likelihood_of(answer[0], (3, 2, d_x), likelihood)
        flat = likelihood_of(answer[1], (6, d_x), likelihood)
        same = (p.mean.reshape(6, d_x) - flat.mean).abs().max() < 1e-4 * (1 + flat.mean.abs().max())
        assert same, "decode gives something else for z of shape (K, B, d_z) than row by row"


def reacts(grade, asked: list) -> bool:
    """Whether what `decode` gives moves when z moves by very little, in all cases."""
    n, step, questions = 12, 1e-6, []
    for settings, *_ in asked:
        z = normal(grade.rng, n, settings[0][1])
        questions.append((settings, torch.cat([z, z + step * normal(grade.rng, *z.shape)])))
    places = [p.logits if isinstance(p, Bernoulli) else p.mean for p in p_of(grade, questions)]
    return all(bool(((place[n:] - place[:n]).abs() / step).median() > 1e-3) for place in places)


@points("1/5")
@hint("Both terms depend on the encoder: kl directly, rec through z. Is anything detached, or under no_grad?")
def test_gradient(grade):
    """Backpropagation through the loss finds the slope that the loss really has, encoder included."""
    asked = cases(grade)
    assert reacts(grade, asked), "decode gives the same for two z that lie close together: no gradient passes"
    answers = [sequence(grade.submission(slopes, *case), 3, "the gradients") for case in asked]
    # A unit of the network may switch within a step, and float32 inside a model makes a small step noisy: with one step
    # of 1e-4 the reference failed on 4 of 151 seeds, so either of two may agree.
    steps = (1e-6, 1e-4)
    moves = [sign * step for step in steps for sign in (1, -1)]
    shifted = [([*settings[:4], move], x, eps) for settings, x, eps in asked for move in moves]
    measured = truths(grade, shifted)
    steepest = []
    for number, answer in enumerate(answers):
        total, rec, kl = (tensor(slope, (), "a gradient").item() for slope in answer)
        ends, found = measured[number * len(moves) :][: len(moves)], []
        for step, up, down in zip(steps, ends[::2], ends[1::2], strict=True):
            true_rec, true_kl = ((a - b) / (2 * step) for a, b in zip(up, down, strict=True))
            tolerance = 1e-3 * (1 + abs(true_rec) + abs(true_kl))
            pairs = (("kl", kl, true_kl), ("rec", rec, true_rec), ("total", total, true_rec + true_kl))
            found.append([name for name, slope, true in pairs if not abs(slope - true) < tolerance])
        right = not all(found)
        assert right, f"the gradient of {found[0][0]} is not right: does it reach all parameters?"
        steepest.append((abs(true_rec), abs(true_kl)))
    for name, slope in zip(("rec", "kl"), map(max, zip(*steepest, strict=True)), strict=True):
        assert slope > 0.05, f"{name} stays the same when the model's parameters change: are all of them registered?"


@points("3/20")
@hint("z comes from the prior; then x is drawn from p(x | z), it is not its mean.")
def test_sample(grade):
    """`sample` draws z from the prior and x from p(x | z), with the given noise."""
    n, asked = 8, []
    for settings, _, _ in cases(grade):
        (d_x, d_z, _), likelihood = settings[:2]
        eps_z = normal(grade.rng, n, d_z)
        gaussian = likelihood == "gaussian"
        eps_x = normal(grade.rng, n, d_x) if gaussian else between(grade.rng, 0, 1, n, d_x)
        x = tensor(grade.submission(drawn, settings, eps_z, eps_x), (n, d_x), "the sample", largest=LARGEST)
        asked.append((settings, eps_z, eps_x, x))
    ps = p_of(grade, [(settings, eps_z) for settings, eps_z, _, _ in asked])
    for p, (settings, _, eps_x, x) in zip(ps, asked, strict=True):
        if settings[1] == "gaussian":
            truth = torch.addcmul(p.mean, p.stddev, eps_x)
            assert near(x, truth), "the sample is not right with the gaussian likelihood"
        else:
            clear = (eps_x - p.probs).abs() > 1e-4
            right = (x == (eps_x < p.probs).double()) | ~clear
            assert right.all(), "the sample is not right with the bernoulli likelihood"


def log_prob_of_pairs(p: Normal | Bernoulli, x: Tensor) -> Tensor:
    """log p(x | z) of every row of x (n, d_x) with every row of p (m, d_x): (n, m).

    Both are exponential families, log p(x | z) = log p(0 | z) + T(x) . eta(z): one product of matrices for all pairs.
    """
    if isinstance(p, Bernoulli):
        statistics, natural = x, p.logits
    else:
        precision = p.stddev**-2
        statistics, natural = torch.cat([x, x**2], 1), torch.cat([p.mean * precision, -0.5 * precision], 1)
    return p.log_prob(torch.zeros_like(p.mean)).sum(1) + statistics @ natural.T


def trained_bounds(grade, settings: list, sent: Tensor, kept: Tensor, draws: int) -> tuple:
    """The ELBO of every row of `sent`, log p(x) of every row of `kept`, and the mean KL divergence of the first.

    log p(x) comes from draws of the prior. The guest sees z for both in one heap, and of `kept` nothing at all; who
    encodes has not seen the training, and who decodes has not seen what was encoded.
    """
    (n, d_x), d_z, likelihood = sent.shape, settings[0][1], settings[1]
    grade.fresh_session()
    q = posterior(grade.submission(trained_encode, settings, sent.float()), n, d_z)
    z = torch.addcmul(q.mean, q.stddev, normal(grade.rng, draws, n, d_z)).flatten(0, 1)
    asked, where = among(z, normal(grade.rng, 4000, d_z), grade.rng)
    grade.fresh_session()
    p = likelihood_of(grade.submission(trained_decode, settings, asked.float()), (len(asked), d_x), likelihood)
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(1)
    elbo = rows_of(p, where).log_prob(sent.repeat(draws, 1)).sum(1).view(draws, n).mean(0) - kl
    prior = torch.ones(len(asked), dtype=torch.bool)
    prior[where] = False
    log_px = log_prob_of_pairs(rows_of(p, prior), kept).logsumexp(1) - math.log(4000)
    return elbo, log_px, kl.mean().item()


@points("1/20")
@limits(cpu_seconds=60, wall_seconds=240)
@hint("If the checks above pass: which parameters does the optimiser see? Is the decoder's log_std one of them?")
def test_learns_a_gaussian(grade):
    """Trained for a few seconds on a correlated Gaussian, the model comes close to its entropy and uses z."""
    angle = math.pi * (1 / 6 + torch.rand((), generator=grade.rng, dtype=torch.float64) / 6)
    rotation = torch.stack([angle.cos(), angle.sin(), -angle.sin(), angle.cos()]).reshape(2, 2)
    factor = rotation * torch.tensor([2.5, 0.6], dtype=torch.float64)  # standard deviations along the two axes
    p = MultivariateNormal(normal(grade.rng, 2), scale_tril=torch.linalg.cholesky(factor @ factor.T))
    x, sent, kept = (p.mean + normal(grade.rng, n, 2) @ factor.T for n in (6000, 3000, 1500))
    sizes, seed = (2, 2, 32), grade.guest_seed()
    state = grade.submission(train, x.float(), sizes, "gaussian", 1000, 128, 5e-3, seed)
    settings = [sizes, "gaussian", seed, state_of(state, "a VAE")]
    elbo, log_px, kl = trained_bounds(grade, settings, sent, kept, 4)
    for gap, what in ((p.log_prob(sent) - elbo, "the ELBO"), (p.log_prob(kept) - log_px, "the model's log p(x)")):
        error = gap.std().item() / math.sqrt(len(gap))
        assert gap.mean() > -5 * error - 0.01, f"after training {what} is better than the data allow"
        assert gap.mean() < 0.10, f"after training {what} stays well below the log-likelihood that is possible"
    assert 0.8 < kl < 4, "after training z carries next to nothing about x, or far too much"


@points("1/10")
@limits(cpu_seconds=60, wall_seconds=240)
@hint("If the checks above pass: is rec summed over all pixels? A mean would make the KL far too dear.")
def test_learns_digits(grade):
    """Trained for a few seconds on small digits, the model describes new digits better than independent pixels do."""
    images = binary_digits().flatten(1)[torch.randperm(len(binary_digits()), generator=grade.rng)]
    x, sent, kept = images[:1400], images[1400:1650], images[1650:]
    sizes, seed = (64, 8, 64), grade.guest_seed()
    state = grade.submission(train, x, sizes, "bernoulli", 480, 64, 7e-3, seed)
    settings = [sizes, "bernoulli", seed, state_of(state, "a VAE")]
    elbo, log_px, kl = trained_bounds(grade, settings, sent.double(), kept.double(), 4)
    frequency = x.double().mean(0).clamp(0.001, 0.999)
    for found, rows, what in ((elbo, sent, "the ELBO"), (log_px, kept, "the model's log p(x)")):
        share = found.mean() / Bernoulli(frequency).log_prob(rows.double()).sum(1).mean()
        assert share > 0.4, f"after training {what} is better than the digits allow"
        assert share < 0.87, f"after training {what} is hardly better than with independent pixels"
    assert 2 < kl < 12, "after training z carries next to nothing about the digits, or far too much"


@probe
def likelihoods_taken(student, names):
    """What making a model with every likelihood does: "a model", or the name of what it raises."""
    found = []
    for name in names:
        try:
            student.VAE(4, 2, 8, name)
            found.append("a model")
        except ValueError:
            found.append("ValueError")
        except Exception:
            found.append("another error")
    return found


@points("1/20")
@hint("Say what `likelihood` must be, in a ValueError, when the model is made.")
def test_other_likelihoods(grade):
    """A likelihood that does not exist is refused with a ValueError, the two that exist are not."""
    names = ["gaussian", "poisson", "bernoulli", "Gaussian", ""]
    found = sequence(grade.submission(likelihoods_taken, names), len(names), "what comes back")
    for name, what in zip(names, found, strict=True):
        if name in ("gaussian", "bernoulli"):
            assert what == "a model", f"likelihood {name!r} is refused"
        else:
            assert what == "ValueError", "a likelihood that is neither gaussian nor bernoulli does not raise ValueError"
