"""Hidden checks of hw5/code_prior: an autoregressive distribution over codes, given a label.

Oracle   Moving one code or the label at a time shows who sees whom; the loss follows from the logits; a draw is held
         against the distribution function of the logits that the model gives for the drawn codes.
Training Codes that a rule with noise makes from the code to the left (or above) and the label: their entropy is known,
         and no model may fall below it. Above the entropy after 90 steps: 0.081 +- 0.035 nats (mean and
         sd over 10 seeds), a plain stack of masked layers 0.164 +- 0.030. One that does not look at the label stays
         0.25 above (2 seeds), for it reads the label off earlier codes: that it looks is asked by another check.
Error    Values agree with the reference to 1e-10; 1e-5 is allowed.
Cost     1.2 s of CPU, nearly all of it in the training check.
"""

import math

import torch
from torch import Tensor

from autograder.checking import Grade, hint, limits, points, probe, sequence, tensor

NETWORKS = 4  # whose random units are looked at together: in one of them a path may be dead
LARGEST = 1e5  # of a logit

PROMISES = {
    "CodePrior": {
        "the product over the places, in raster order, of p(code | earlier codes, label)": "order, learns_a_rule",
        "numbers from 0 to n_codes - 1, its label is a number from 0 to n_labels - 1": "order, label",
        "one model works for every h and w": "order",
        "with about `hidden` channels and `n_blocks` layers or blocks, is up to you": "learns_a_rule",
        "Logits (B, n_codes, h, w) of the code at every place, for the codes (B, h, w) and labels (B,), both long.": (
            "order, label"
        ),
        "Those of a place depend on the label and on the codes at earlier places": "order, label",
        "not on its own code or a later one, nor on other images, in training mode too.": "order, label, learns_a_rule",
        "The negative log-likelihood of the codes given the labels: a mean over images and places, in nats.": "loss",
        "Draw codes (B, h, w), long, for the labels (B,), place after place, with uniform numbers u (B, h, w).": (
            "sample"
        ),
        "exceeds its u": "sample",
    }
}


@probe
def model(student, sizes: list, seed: int, scale: float) -> object:
    """A model in float64 with parameters that are larger than at the start; with scale 0 all are 0."""
    torch.manual_seed(seed)
    prior = student.CodePrior(*sizes).double().eval()
    with torch.no_grad():
        for parameter in prior.parameters():
            parameter.mul_(scale).add_((0.05 if scale else 0.0) * torch.randn_like(parameter))
    return prior


@probe
def logits_of(student, settings: list, indices: Tensor, labels: Tensor) -> Tensor:
    with torch.no_grad():
        return model(student, *settings).logits(indices, labels)


@probe
def logits_in_training(student, settings: list, batches: list, labels: Tensor) -> list:
    """The logits of each batch in training mode; whatever is dropped at random is dropped alike."""
    found = []
    for indices in batches:
        prior = model(student, *settings).train()
        torch.manual_seed(settings[1])
        with torch.no_grad():
            found.append(prior.logits(indices, labels))
    return found


@probe
def losses(student, settings: list, indices: Tensor, labels: Tensor) -> Tensor:
    return model(student, *settings).loss(indices, labels)


@probe
def drawn(student, settings: list, labels: Tensor, u: Tensor) -> list:
    indices = model(student, *settings).sample(labels, u)
    return [indices, str(indices.dtype)]


@probe
def train(student, indices: Tensor, labels: Tensor, sizes: list, steps: int, learning_rate: float, seed: int) -> None:
    """Train a model; it stays with the student's class."""
    torch.manual_seed(seed)
    prior = student.CodePrior(*sizes)
    optimizer = torch.optim.Adam(prior.parameters(), lr=learning_rate)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = learning_rate * min(1, 2 * (1 - step / steps))
        rows = torch.randint(len(indices), (64,))
        optimizer.zero_grad()
        prior.loss(indices[rows], labels[rows]).backward()
        optimizer.step()
    student.CodePrior.trained = prior.eval()


@probe
def trained_logits(student, indices: Tensor, labels: Tensor) -> Tensor:
    with torch.no_grad():
        return student.CodePrior.trained.logits(indices, labels)


def some_codes(rng: torch.Generator, K: int, *shape: int) -> Tensor:
    return torch.randint(K, shape, generator=rng)


def settings_of(grade: Grade, n_codes: int, n_labels: int, scale: float = 2.0) -> list:
    return [[n_codes, n_labels, 6, 2], grade.guest_seed(), scale]


def logits(grade: Grade, settings: list, indices: Tensor, labels: Tensor) -> Tensor:
    B, h, w = indices.shape
    answer = grade.submission(logits_of, settings, indices, labels)
    return tensor(answer, (B, settings[0][0], h, w), "what logits returns", largest=LARGEST)


def logits_given_the_past(grade: Grade, settings: list, indices: Tensor, labels: Tensor) -> Tensor:
    """The logits (B, K, h, w) of every place, asked with random codes there and later, place after place.

    So no answer may see the code that it is about, and the process that answers has not drawn the codes.
    """
    grade.fresh_session()
    (B, h, w), K, found = indices.shape, settings[0][0], []
    for place in range(h * w):
        hidden = (torch.arange(h * w) >= place).view(h, w)
        asked = torch.where(hidden, some_codes(grade.rng, K, B, h, w), indices)
        found.append(logits(grade, settings, asked, labels).flatten(2)[:, :, place])
    return torch.stack(found, 2).view(B, K, h, w)


@points("4/15")
@hint(
    "The first layer must not see its own place, in any channel; the others may. Both masks hide all that comes later."
)
def test_order(grade):
    """Logits see the earlier codes and neither their own nor a later one, for grids of several sizes."""
    for K, h, w in ((4, 3, 4), (3, 4, 3), (5, 1, 5)):
        labels = torch.randint(3, (1,), generator=grade.rng)
        base = some_codes(grade.rng, K, 1, h, w)
        rows = base.repeat(h * w, 1, 1).view(h * w, -1)
        own = torch.arange(h * w)
        rows[own, own] = (rows[own, own] + 1 + some_codes(grade.rng, K - 1, h * w)) % K
        order = torch.randperm(h * w, generator=grade.rng)
        asked = torch.cat([base, rows[order].view(-1, h, w)])
        several = [logits(grade, settings_of(grade, K, 3), asked, labels.expand(len(asked))) for _ in range(NETWORKS)]
        found = torch.cat(several, 1)  # in one network units may be dead, in all of them a path is missing
        change = (found[1:] - found[:1]).abs().amax(1).flatten(1)[order.argsort()]  # (moved place, place that sees it)
        later = torch.ones(h * w, h * w).triu(1).bool()
        assert (change[~later] < 1e-7).all(), "the logits of a place depend on its own code or on a later one"
        nearest = torch.tensor([[i, i + 1] for i in range(h * w - 1) if (i + 1) % w])
        assert (change[nearest[:, 0], nearest[:, 1]] > 1e-7).all(), "a place does not see the code to its left"
        if h > 1:
            above = torch.arange(h * w - w)
            assert (change[above, above + w] > 1e-7).all(), "a place does not see the code above it"
    large = some_codes(grade.rng, 3, 1, 9, 8)
    logits(grade, settings_of(grade, 3, 3), large, torch.zeros(1, dtype=torch.long))  # larger than any in the text
    settings, one, other = settings_of(grade, 4, 3), *(some_codes(grade.rng, 4, 5, 3, 3) for _ in range(2))
    other[0] = one[0]
    other[0, 2, 2] = (one[0, 2, 2] + 1) % 4
    labels = torch.randint(3, (5,), generator=grade.rng)
    answer = sequence(grade.submission(logits_in_training, settings, [one, other], labels), 2, "the logits")
    first, second = (tensor(found, (5, 4, 3, 3), "what logits returns", largest=LARGEST)[0] for found in answer)
    assert (first - second).abs().max() < 1e-7, "in training mode logits depend on other images, or on a later code"


@points("2/15")
@hint("The label belongs into every place's distribution, the first one included.")
def test_label(grade):
    """The logits of every place depend on the label."""
    K, n_labels = 4, 5
    base = some_codes(grade.rng, K, 1, 3, 3).expand(n_labels, -1, -1)
    labels = torch.randperm(n_labels, generator=grade.rng)
    twice = base.repeat(2, 1, 1), labels.repeat(2)
    found = torch.cat([logits(grade, settings_of(grade, K, n_labels), *twice) for _ in range(NETWORKS)], 1)
    found, again = found.chunk(2)
    assert (found - again).abs().max() < 1e-7, "the logits are others for the same codes and the same label"
    spread = (found[:, None] - found[None]).abs().amax(2).flatten(2)  # (label, label, place)
    different = ~torch.eye(n_labels).bool()
    assert (spread[different] > 1e-7).all(), "the logits of a place are the same for different labels"


@points("1/5")
@hint("The logits of K codes stand along axis 1. The mean is over images and over places.")
def test_loss(grade):
    """The loss is the negative log-likelihood that the logits give, per code."""
    for K, B, h, w in ((4, 3, 2, 3), (6, 1, 3, 2)):
        settings, indices = settings_of(grade, K, 3), some_codes(grade.rng, K, B, h, w)
        labels = torch.randint(3, (B,), generator=grade.rng)
        value = tensor(grade.submission(losses, settings, indices, labels), (), "the loss").item()
        grade.fresh_session()
        order = torch.randperm(B + 4, generator=grade.rng)
        more = torch.cat([indices, some_codes(grade.rng, K, 4, h, w)])
        found = logits(grade, settings, more[order], torch.cat([labels, labels[:1].expand(4)])[order])
        found = found[order.argsort()][:B].permute(0, 2, 3, 1)
        chosen = torch.distributions.Categorical(logits=found).log_prob(indices)
        assert found.std() > 1e-3, "the logits are all the same"
        assert abs(value + chosen.mean().item()) < 1e-5, (
            "the loss is not the mean of -log p(code | earlier codes, label)"
        )


@points("4/15")
@hint("Place after place, with the logits for what was drawn so far: how many cumulated probabilities does u pass?")
def test_sample(grade):
    """Draws invert the distribution function of each place, with the given numbers."""
    for K, B, h, w in ((4, 80, 2, 3), (3, 60, 3, 2), (7, 5, 1, 2)):  # many: a wrong past seldom changes a draw
        # Large parameters, so that a place depends much on the ones before it.
        settings, labels = settings_of(grade, K, 3, scale=4.0), torch.randint(3, (B,), generator=grade.rng)
        u = torch.rand(B, h, w, generator=grade.rng, dtype=torch.float64)
        indices, dtype = sequence(grade.submission(drawn, settings, labels, u), 2, "the draws")
        indices = tensor(indices, (B, h, w), "the draws")
        whole = ((indices == indices.round()) & (indices >= 0) & (indices < K)).all()
        assert whole, "the draws are not whole numbers from 0 to n_codes - 1"
        assert dtype == "torch.int64", "the draws should have the dtype long"
        indices = indices.long()
        p = logits_given_the_past(grade, settings, indices, labels).softmax(1)
        assert p.std() > 1e-3, "the logits are all the same"
        upper = p.cumsum(1).gather(1, indices[:, None])[:, 0]
        lower = upper - p.gather(1, indices[:, None])[:, 0]
        right = (lower - 1e-6 <= u) & (u <= upper + 1e-6)
        assert right.all(), "the draws are not those of the inverse distribution function"
    # Four codes alike, where all parameters are 0: the sums are quarters, and u may be one.
    settings, labels = settings_of(grade, 4, 3, scale=0.0), torch.zeros(2, dtype=torch.long)
    quarters = torch.randint(4, (2, 3, 3), generator=grade.rng)
    if not logits(grade, settings, quarters, labels).any():
        indices, _ = sequence(grade.submission(drawn, settings, labels, quarters / 4.0), 2, "the draws")
        right = torch.equal(tensor(indices, (2, 3, 3), "the draws"), quarters.double())
        assert right, "a draw is not the first code whose sum of probabilities exceeds u, where one equals it"


@points("2/15")
@limits(cpu_seconds=30, wall_seconds=200)
@hint("If the checks above pass: do all parts train, and does nothing look ahead?")
def test_learns_a_rule(grade):
    """Trained for a second or two, the model comes close to the entropy of codes whose rule depends on the label."""
    K, n_labels, keep = 5, 3, 0.85
    table = torch.randperm(K, generator=grade.rng)
    indices, labels = by_rule(grade.rng, 2500, K, n_labels, keep, table)
    grade.submission(train, indices[:2000], labels[:2000], [K, n_labels, 16, 1], 90, 1e-2, grade.guest_seed())
    test, given = indices[2000:], labels[2000:]
    nll = scored(grade, K, test.flatten(1), given)
    hit = keep + (1 - keep) / K
    entropy = -(hit * math.log(hit) + (1 - hit) * math.log((1 - keep) / K))
    rest, first = nll[1:].mean().item(), nll[0].mean().item()
    assert rest > entropy - 0.08, "after training the model is better than the codes allow: it sees what it predicts"
    assert rest < entropy + 0.32, (
        "after training the model has not learned how a code follows from others and the label"
    )
    assert math.log(K) - 0.1 < first < math.log(K) + 0.4, "after training the first place is not left uncertain"


def scored(grade: Grade, K: int, test: Tensor, labels: Tensor) -> Tensor:
    """The nats (places, images) of some images at every place, asked with random codes there and later.

    Place after place, and twice with other random codes: an answer that sees its own code or later ones differs.
    """
    count, nll = 150, []
    for place in range(test.shape[1]):
        rows = torch.randperm(len(test), generator=grade.rng)[:count]
        hidden = torch.arange(test.shape[1]) >= place
        asked = [torch.where(hidden, some_codes(grade.rng, K, count, test.shape[1]), test[rows]) for _ in range(2)]
        answer = grade.submission(trained_logits, torch.cat(asked).view(-1, 4, 4), labels[rows].repeat(2))
        found = tensor(answer, (2 * count, K, 4, 4), "the logits", largest=LARGEST).flatten(2)[:, :, place]
        one, other = found.chunk(2)
        assert (one - other).abs().max() < 1e-3, "after training the logits of a place see its own code or a later one"
        nll.append(-torch.distributions.Categorical(logits=one).log_prob(test[rows, place]))
    return torch.stack(nll)


def by_rule(rng: torch.Generator, n: int, K: int, n_labels: int, keep: float, table: Tensor) -> tuple[Tensor, Tensor]:
    """Codes (n, 4, 4), each with probability `keep` a function of the label and the code to the left (or above)."""
    labels = torch.randint(n_labels, (n,), generator=rng)
    indices = torch.randint(K, (n, 4, 4), generator=rng)
    for row in range(4):
        for column in range(4):
            if (row, column) == (0, 0):
                continue
            before = indices[:, row, column - 1] if column else indices[:, row - 1, 0]
            follows = torch.rand(n, generator=rng) < keep
            indices[:, row, column] = torch.where(follows, table[(before + labels) % K], indices[:, row, column])
    return indices, labels
