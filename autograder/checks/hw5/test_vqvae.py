"""Hidden checks of hw5/vqvae: an autoencoder whose latent variables are codes (van den Oord et al., 2017).

Oracle   What `encode` and `decode` say fixes the reconstruction, whatever the networks are. The straight-through
         gradient is measured: with one dimension and 4001 code vectors on a fine grid, quantisation hardly moves a
         vector, and the slope of the loss by differences is what backpropagation through the codes must find. The
         other gradients by central differences of the losses, with weights for each part drawn after its value.
Training Digits of 8 x 8 pixels in 4 x 4 codes. After 140 steps 0.951 +- 0.007 of the pixels come back
         (mean and sd over 10 seeds; a plain network without residual blocks 0.911 +- 0.015, a deeper one with GELUs
         0.918 +- 0.007), and the perplexity is 14.6 +- 2.1 (6.3 +- 1.8, 11.8 +- 3.8). Without a straight-through
         gradient hardly more than one code is in use.
Error    Values agree with the reference to 1e-10, slopes by differences to 1e-6; straight through to
         3 % in sum over five models, of which 12 % are allowed.
Cost     2 s of CPU, nearly all of it in the training check.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Bernoulli

from autograder.checking import Failed, Grade, hint, limits, points, probe, sequence, tensor
from autograder.judging.instruments import binary_digits, near, state_of

PROMISES = {
    "VQVAE": {
        "binary images (B, 1, H, W) whose latent variables are h x w numbers from 0 to n_codes - 1": ("shapes"),
        "h is H / 2^halvings, and w is W / 2^halvings, for H and W that 2^halvings divides.": "shapes",
        "The attribute `codebook` (n_codes, dim) is a parameter that starts with uniform numbers from -1 to 1.": (
            "shapes"
        ),
        "Encoder and decoder are small convolutional networks with about `hidden` channels and any": "learns_digits",
        "no part of them looks at other images of the batch": "loss",
        "The codes of the images x (B, 1, H, W): the index of the nearest code vector at every place, (B, h, w).": (
            "shapes, straight_through"
        ),
        "Logits (B, 1, H, W) of the pixels, for codes (B, h, w).": "shapes, loss",
        "dict(total=(), rec=(), codebook=(), commitment=())": "loss",
        "`rec` is -log p(x | codes) in nats per pixel, a mean over images and pixels": "loss",
        "`codebook` and `commitment` are the two losses of `vector_quantize`": "loss, who_learns",
        "total = rec + codebook + 0.25 commitment": "loss, who_learns",
        "Through `rec` the decoder learns, and the encoder by the straight-through gradient, but not the codebook.": (
            "straight_through, who_learns"
        ),
    },
    "perplexity": {
        "exp of the entropy of their frequencies in `indices` (any shape, long), ()": "perplexity",
        "It lies between 1, where all indices are the same, and n_codes": "perplexity",
    },
}
PARTS = ("total", "rec", "codebook", "commitment")


@probe
def model(student, settings: list) -> tuple:
    """A model in float64, what learns in it moved along random directions: all but the codebook, and the codebook."""
    sizes, seed, size, shift, codebook_shift, grid = settings
    torch.manual_seed(seed)
    vqvae = student.VQVAE(*sizes).double()
    generator = torch.Generator().manual_seed(seed)
    rest, own = [], []
    with torch.no_grad():
        for parameter in filter(lambda parameter: parameter.requires_grad, vqvae.parameters()):
            is_codebook = parameter is vqvae.codebook
            if is_codebook and grid:
                parameter.copy_(torch.linspace(*grid, len(parameter), dtype=torch.float64)[:, None])
            else:
                parameter.mul_(1 if is_codebook else size)
            direction = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            direction = direction * (1 if is_codebook else parameter.abs().mean())
            parameter.add_((codebook_shift if is_codebook else shift) * direction)
            (own if is_codebook else rest).append((parameter, direction))
    return vqvae, rest, own


@probe
def fresh(student, sizes: list, seeds: list) -> list:
    """The codebooks of new models, and whether they are parameters."""
    found = []
    for seed in seeds:
        torch.manual_seed(seed)
        vqvae = student.VQVAE(*sizes)
        listed = any(parameter is vqvae.codebook for parameter in vqvae.parameters())
        found.append([vqvae.codebook, "a parameter" if listed else "no parameter"])
    return found


@probe
def codes(student, settings: list, x: Tensor) -> list:
    indices = model(student, settings)[0].encode(x)
    return [indices, str(indices.dtype)]


@probe
def pictures(student, settings: list, indices: Tensor) -> Tensor:
    with torch.no_grad():
        return model(student, settings)[0].decode(indices)


@probe
def losses(student, settings: list, x: Tensor) -> dict:
    return model(student, settings)[0].loss(x)


@probe
def slopes(student, settings: list, x: Tensor, weights: list) -> list:
    """Slopes of a weighted sum of rec, codebook and commitment along both directions, by backpropagation."""
    vqvae, rest, own = model(student, settings)
    loss = vqvae.loss(x)
    value = sum(w * loss[name] for w, name in zip(weights[:3], ("rec", "codebook", "commitment"), strict=True))
    if len(weights) == 4:
        value = weights[3] * loss["total"]
    value = value + sum((p * 0).sum() for p, _ in rest + own)
    gradients = torch.autograd.grad(value, [p for p, _ in rest + own])
    products = [(g * v).sum() for g, (_, v) in zip(gradients, rest + own, strict=True)]
    return [sum(products[: len(rest)]), sum(products[len(rest) :])]


@probe
def train(student, x: Tensor, sizes: list, steps: int, batch: int, learning_rate: float, seed: int) -> dict:
    """Train a model: its parameters and buffers."""
    torch.manual_seed(seed)
    vqvae = student.VQVAE(*sizes)
    optimizer = torch.optim.Adam(vqvae.parameters(), lr=learning_rate)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = learning_rate * min(1, 2 * (1 - step / steps))
        optimizer.zero_grad()
        vqvae.loss(x[torch.randint(len(x), (batch,))])["total"].backward()
        optimizer.step()
    return dict(vqvae.state_dict())


@probe
def trained(student, sizes: list, seed: int, state: dict) -> object:
    """The trained model, made anew."""
    torch.manual_seed(seed)
    vqvae = student.VQVAE(*sizes)
    vqvae.load_state_dict(state)
    return vqvae


@probe
def trained_codes(student, settings: list, x: Tensor) -> Tensor:
    with torch.no_grad():
        return trained(student, *settings).encode(x)


@probe
def trained_pictures(student, settings: list, indices: Tensor) -> Tensor:
    with torch.no_grad():
        return trained(student, *settings).decode(indices)


@probe
def perplexities(student, cases: list) -> list:
    return [student.perplexity(indices, n_codes) for indices, n_codes in cases]


def images(rng: torch.Generator, n: int, height: int, width: int) -> Tensor:
    return (torch.rand(n, 1, height, width, generator=rng) < 0.4).double()


def settings_of(grade: Grade, sizes: list, size: float = 3.0, grid: list | None = None) -> list:
    return [sizes, grade.guest_seed(), size, 0.0, 0.0, grid]


def moved(settings: list, shift: float, codebook_shift: float) -> list:
    return [*settings[:3], shift, codebook_shift, settings[5]]


def parts(answer: object) -> list[float]:
    """total, rec, codebook, commitment from what `loss` returned."""
    if not isinstance(answer, dict) or any(name not in answer for name in PARTS):
        raise Failed("loss should return a dictionary with the keys total, rec, codebook and commitment")
    return [tensor(answer[name], (), f"{name} of the loss").item() for name in PARTS]


def encoded(grade: Grade, settings: list, x: Tensor, shape: tuple[int, ...]) -> Tensor:
    indices, dtype = sequence(grade.submission(codes, settings, x), 2, "the codes")
    indices = tensor(indices, shape, "what encode returns")
    whole = ((indices == indices.round()) & (indices >= 0) & (indices < settings[0][0])).all()
    assert whole, "the codes are not whole numbers from 0 to n_codes - 1"
    assert dtype == "torch.int64", "the codes should have the dtype long"
    return indices.long()


def decoded(grade: Grade, settings: list, indices: Tensor, shape: tuple[int, ...]) -> Tensor:
    return tensor(grade.submission(pictures, settings, indices), shape, "what decode returns")


@points("1/5")
@hint("Each halving is one convolution with stride 2. A parameter is registered by nn.Parameter.")
def test_shapes(grade):
    """Codes and logits have the right shapes, for any number of halvings; the codebook starts as promised."""
    for halvings, height, width in ((2, 8, 12), (1, 6, 4), (3, 16, 8)):
        settings = settings_of(grade, [7, 3, 8, halvings])
        x = images(grade.rng, 3, height, width)
        small = (height // 2**halvings, width // 2**halvings)
        indices = encoded(grade, settings, x, (3, *small))
        logits = decoded(grade, settings, indices, tuple(x.shape))
        other = decoded(grade, settings, (indices + 1) % 7, tuple(x.shape))
        assert (logits - other).abs().max() > 1e-6, "decode gives the same for different codes"
    seeds = [grade.guest_seed(), grade.guest_seed()]
    answer = sequence(grade.submission(fresh, [200, 6, 8, 2], seeds), 2, "the codebooks")
    books = []
    for entry in answer:
        book, kind = sequence(entry, 2, "a codebook")
        assert kind == "a parameter", "codebook is not among the model's parameters"
        books.append(tensor(book, (200, 6), "codebook"))
    flat = torch.cat(books).flatten().sort().values
    ideal = torch.linspace(-1, 1, len(flat), dtype=torch.float64)
    assert (flat - ideal).abs().max() < 0.12, "the codebook does not start with uniform numbers from -1 to 1"
    assert (books[0] - books[1]).abs().max() > 0.1, "the codebook starts with the same numbers each time"


@points("4/15")
@hint(
    "rec is a mean over images and pixels of -log p; the two other losses have the same value; total weighs one by 1/4."
)
def test_loss(grade):
    """The loss and its parts follow from encode and decode."""
    for halvings, n in ((2, 6), (1, 1), (1, 9)):
        settings = settings_of(grade, [9, 2, 8, halvings])
        x = images(grade.rng, n, 8, 4)
        total, rec, codebook, commitment = parts(grade.submission(losses, settings, x))
        grade.fresh_session()  # what follows comes from processes that do not know what was said before
        indices = encoded(grade, settings, x, (n, 8 // 2**halvings, 4 // 2**halvings))
        order = torch.randperm(n, generator=grade.rng)
        few = order[: max(1, n // 3)]
        again = encoded(grade, settings, x[few], (len(few), *indices.shape[1:]))
        assert (again == indices[few]).all(), "the codes of an image depend on the other images of the batch"
        grade.fresh_session()
        logits = torch.cat([decoded(grade, settings, row[None], (1, 1, 8, 4)) for row in indices])
        truth = -Bernoulli(logits=logits).log_prob(x).mean().item()
        assert near(rec, truth), "rec is not the mean of -log p(x | codes) over images and pixels"
        assert near(codebook, commitment), "codebook and commitment do not have the same value"
        assert 1e-6 < codebook < 100, "the codebook loss has no sensible value"
        assert near(total, rec + codebook + 0.25 * commitment), "total is not rec + codebook + 0.25 commitment"


@points("1/5")
@hint("The decoder gets z_q from vector_quantize, which passes the gradient on; not codebook[indices].")
def test_straight_through(grade):
    """The encoder learns from rec as if quantisation were not there."""
    errors, sizes = [], []
    for _ in range(5):
        settings = settings_of(grade, [4001, 1, 6, 1], size=2.0, grid=[-4.0, 4.0])
        x = images(grade.rng, 3, 8, 8)
        for _ in range(2):  # the grid is drawn together around the vectors that the encoder gives
            low, high = settings[5]
            places = low + (high - low) * encoded(grade, settings, x, (3, 4, 4)) / 4000
            margin = 0.5 * (places.max() - places.min()).item() + 0.01 * (high - low)
            settings = [*settings[:5], [places.min().item() - margin, places.max().item() + margin]]
        factor = 1 + torch.rand((), generator=grade.rng).item()
        answer = sequence(grade.submission(slopes, settings, x, [factor, 0.0, 0.0]), 2, "the slopes")
        found = tensor(answer[0], (), "a slope").item()
        # Over this distance a vector passes several code vectors, so that differences see a smooth function.
        step, values = 0.01, []
        grade.fresh_session()
        for shift in (2 * step, step, -step, -2 * step):
            there = moved(settings, shift, 0.0)
            indices = encoded(grade, there, x, (3, 4, 4))
            logits = decoded(grade, there, indices, (3, 1, 8, 8))
            values.append(-Bernoulli(logits=logits).log_prob(x).mean().item())
        truth = factor * (8 * (values[1] - values[2]) - (values[0] - values[3])) / (12 * step)
        errors.append(abs(found - truth))
        sizes.append(abs(truth))
    # A unit of the network may switch within a step: single slopes are off by up to 0.014, their sum by 3 %.
    assert 1e-3 < sum(sizes) < 1e3, "rec hardly depends on the parameters, or far too much"
    assert sum(errors) < 0.12 * sum(sizes), "the gradient of rec is not the straight-through gradient"


@points("2/15")
@hint("One loss moves the codebook, the other the encoder; rec does not move the codebook.")
def test_who_learns(grade):
    """The three parts move the parameters that they should move, and total weighs them."""
    for sizes in ([9, 2, 8, 1], [5, 4, 6, 2]):
        settings = settings_of(grade, sizes)
        x = images(grade.rng, 3, 8, 8)
        values = parts(grade.submission(losses, settings, x))
        assert min(values) > 1e-9, "a negative log-likelihood or a mean of squares is not above zero"
        step = 1e-8  # within which hardly a vector changes its code
        pairs = {
            name: [parts(grade.submission(losses, moved(settings, *s), x)) for s in shifts]
            for name, shifts in {"rest": ((step, 0.0), (-step, 0.0)), "own": ((0.0, step), (0.0, -step))}.items()
        }
        commitment = (pairs["rest"][0][3] - pairs["rest"][1][3]) / (2 * step)
        codebook = (pairs["own"][0][2] - pairs["own"][1][2]) / (2 * step)
        a, b, c = (0.5 + torch.rand(3, generator=grade.rng)).tolist()
        # rec adds the same to the first slope in both answers, so that their difference has the commitment alone.
        first, second, third = (
            [tensor(slope, (), "a slope").item() for slope in sequence(answer, 2, "the slopes")]
            for answer in (
                grade.submission(slopes, settings, x, [a, b, c]),
                grade.submission(slopes, settings, x, [a, 2 * b, 3 * c]),
                grade.submission(slopes, settings, x, [1.0, 0.0, 0.0, c]),
            )
        )
        assert near(first[1], b * codebook, 1e-4), "the gradient for the codebook is not that of the codebook loss"
        assert near(second[1], 2 * b * codebook, 1e-4), "the gradient for the codebook is not that of the codebook loss"
        assert near(second[0] - first[0], 2 * c * commitment, 1e-4), "the encoder does not learn from commitment alone"
        rec = (first[0] - c * commitment) / a
        assert near(third[1], c * codebook, 1e-4), "total does not move the codebook as the codebook loss does"
        assert near(third[0], c * (rec + 0.25 * commitment), 1e-4), "total does not weigh its parts as it should"


@points("1/15")
@hint("Frequencies, entropy in nats, exp; a code that is never used adds nothing.")
def test_perplexity(grade):
    """perplexity is exp of the entropy of the codes' frequencies."""
    cases = [
        (torch.randint(K, shape, generator=grade.rng), K) for shape, K in (((40,), 6), ((2, 3, 4), 9), ((5, 2), 3))
    ]
    cases += [(torch.full((3, 2), 4), 7), (torch.randperm(12, generator=grade.rng).view(3, 4) % 4, 4)]
    answer = sequence(grade.submission(perplexities, [list(case) for case in cases]), 5, "the perplexities")
    for found, (indices, K) in zip(answer, cases, strict=True):
        shares = [(indices == k).double().mean().item() for k in range(K)]
        truth = math.exp(-sum(p * math.log(p) for p in shares if p > 0))
        assert near(tensor(found, (), "the perplexity").item(), truth), "the perplexity is not right"


@points("2/15")
@limits(cpu_seconds=40, wall_seconds=200)
@hint("If the checks above pass: does every part of the network train, and does encode use the same codebook as loss?")
def test_learns_digits(grade):
    """Trained for a few seconds on small digits, the codes keep most of an image, and many of them are in use."""
    data = binary_digits()[torch.randperm(1797, generator=grade.rng)]
    x, test = data[:1500], data[1500:]
    sizes, seed = [32, 4, 20, 1], grade.guest_seed()
    settings = [sizes, seed, state_of(grade.submission(train, x, sizes, 140, 48, 4e-3, seed), "a VQVAE")]
    grade.fresh_session()
    indices = tensor(grade.submission(trained_codes, settings, test), (297, 4, 4), "the codes").long()
    assert ((indices >= 0) & (indices < 32)).all(), "the codes are not whole numbers from 0 to n_codes - 1"
    frequency = torch.bincount(indices.flatten(), minlength=32) / indices.numel()
    in_use = torch.special.entr(frequency).sum().exp().item()
    order = torch.randperm(297, generator=grade.rng)
    grade.fresh_session()  # who draws the pictures has not seen the images
    logits = tensor(grade.submission(trained_pictures, settings, indices[order]), (297, 1, 8, 8), "the logits")
    accuracy = ((logits > 0) == (test[order] > 0.5)).double().mean().item()
    assert accuracy > 0.845, "after training the reconstructions are worse than the codes allow"
    assert accuracy < 0.999, "after training the reconstructions are better than the codes allow"
    assert in_use > 1.8, "after training hardly any codes are in use"
    # Pictures follow codes that no image has: one code in two is exchanged for that of another image.
    mixed = torch.where(torch.rand(297, 4, 4, generator=grade.rng) < 0.5, indices, indices.flip(0))
    logits = tensor(grade.submission(trained_pictures, settings, mixed), (297, 1, 8, 8), "the logits")
    both = torch.where((mixed == indices).repeat_interleave(2, 1).repeat_interleave(2, 2)[:, None], test, test.flip(0))
    accuracy = ((logits > 0) == (both > 0.5)).double().mean().item()
    assert accuracy > 0.78, "the pictures do not follow their codes place by place"
