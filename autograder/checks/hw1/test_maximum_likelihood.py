"""Hidden checks of hw1/maximum_likelihood: the categorical likelihood and its fit.

Oracle   the identity nll = entropy(empirical) + KL(empirical || model), both summed with math.fsum from a softmax that
         is computed here; for the fit, the observed frequencies, which are the exact optimum.
Path     a few steps of descent, with the gradient softmax(logits) - frequencies written down.
Error    the oracle is exact to 1e-14; 1e-6 is allowed (a solution in float32 is right too), 1e-3 for the fit, 1e-4
         for the path.
Cost     0.2 s, nearly all of it for the fits.
Rejects  every mistake in maximum_likelihood.mistakes.md.
"""

import math

import torch

from autograder.checking import hint, limits, number, points, probe, sequence, tensor
from autograder.judging.instruments import uniform

PROMISES = {
    "nll": {
        "Mean negative log-likelihood per observation, in nats: () from logits (K,) and counts (K,).": (
            "nll_is_entropy_plus_kl"
        ),
        "The model gives symbol k the probability softmax(logits)_k.": "nll_is_entropy_plus_kl",
        "Symbol k was seen counts[k] >= 0 times": "nll_is_entropy_plus_kl",
        "Large logits do no harm: adding 1000 to all of them changes nothing.": "nll_is_blind_to_a_shift",
    },
    "fit_mle": {
        "Logits (K,) of the maximum likelihood fit to counts (K,): plain gradient descent from zero logits.": (
            "fit_reaches_the_frequencies, fit_takes_plain_steps"
        ),
        "Each of the `steps` steps subtracts learning_rate times the gradient of nll": "fit_takes_plain_steps",
        "The result carries no gradient.": "fit_takes_plain_steps",
        "With the defaults, and when no symbol is rarer than one in thirty, softmax(logits) ends within 1e-3": (
            "fit_reaches_the_frequencies"
        ),
    },
}


@probe
def likelihoods(student, cases):
    """nll of every (logits, counts)."""
    return [student.nll(logits, counts) for logits, counts in cases]


@probe
def fits(student, data):
    """The fitted logits of every vector of counts."""
    return [student.fit_mle(counts) for counts in data]


@probe
def few_steps(student, cases):
    """The logits after some steps for every (counts, steps, learning_rate), and whether they carry a gradient."""
    found = []
    for counts, steps, learning_rate in cases:
        logits = student.fit_mle(counts, steps=steps, learning_rate=learning_rate)
        found.append([logits, bool(getattr(logits, "requires_grad", False))])
    return found


def descended(counts, steps, learning_rate):
    """The logits after some steps of plain descent from zero: the gradient is softmax(logits) - frequencies."""
    logits = torch.zeros_like(counts)
    for _ in range(steps):
        logits = logits - learning_rate * (logits.softmax(0) - counts / counts.sum())
    return logits


def random_case(K, rng):
    """Logits (K,) that are far from normalised, and counts (K,), one of them 0."""
    logits = 1.5 * torch.randn(K, generator=rng, dtype=torch.float64) + 0.7
    counts = torch.randint(3, 60, (K,), generator=rng).double()
    counts[torch.randint(K, (1,), generator=rng)] = 0
    return logits, counts


def entropy_plus_kl(logits, counts):
    """H(empirical) + KL(empirical || softmax(logits)) in nats."""
    weights = [math.exp(value) for value in logits.tolist()]
    model = [weight / math.fsum(weights) for weight in weights]
    observed = [count / counts.sum().item() for count in counts.tolist()]
    pairs = [(o, m) for o, m in zip(observed, model, strict=True) if o > 0]
    entropy = -math.fsum(o * math.log(o) for o, _ in pairs)
    return entropy + math.fsum(o * math.log(o / m) for o, m in pairs)


@points("3/10")
@hint("softmax(logits) are the probabilities; take the mean over the observations, in nats.")
def test_nll_is_entropy_plus_kl(grade):
    """`nll` is the entropy of the data plus KL(empirical || model)."""
    cases = [random_case(K, grade.rng) for K in (3, 4, 9)]
    answers = sequence(grade.submission(likelihoods, cases), len(cases), "the list of likelihoods")
    for answer, (logits, counts) in zip(answers, cases, strict=True):
        value = tensor(answer, (), "nll")
        assert abs(value - entropy_plus_kl(logits, counts)) < 1e-6, (
            "nll minus the entropy of the observed frequencies is not KL(empirical || softmax(logits))"
        )


@points("1/5")
@hint("The same number added to all logits cancels in the softmax. torch has a log-softmax that does not overflow.")
def test_nll_is_blind_to_a_shift(grade):
    """`nll` is finite and the same when one number is added to all logits, even a large one."""
    logits, counts = random_case(6, grade.rng)
    shift = 900 + 100 * torch.rand(1, generator=grade.rng, dtype=torch.float64)
    cases = [(logits, counts), (logits + shift, counts), (logits - shift, counts)]
    answers = sequence(grade.submission(likelihoods, cases), 3, "the list of likelihoods")
    plain, up, down = (tensor(answer, (), "nll with large logits") for answer in answers)
    # Two constants would pass, so the value itself counts here as well.
    assert abs(plain - entropy_plus_kl(logits, counts)) < 1e-3, "nll is not right before any shift"
    assert abs(up - plain) < 1e-3 and abs(down - plain) < 1e-3, "nll changes when one number is added to all logits"
    logits = torch.zeros(6, dtype=torch.float64)
    logits[torch.randint(6, (1,), generator=grade.rng)] = 1000.0  # all other symbols get log probability -1000
    counts = torch.randint(3, 60, (6,), generator=grade.rng).double()
    exact = 1000 * (counts[logits == 0].sum() / counts.sum()).item()
    (answer,) = sequence(grade.submission(likelihoods, [(logits, counts)]), 1, "the list of likelihoods")
    off = abs(number(answer, "nll with one large logit", finite=False) - exact)
    assert off < 1e-5 * exact, "nll is not right when one logit is large and the others are not"


@points("3/10")
@limits(cpu_seconds=10, wall_seconds=40)
@hint("Print nll while it descends: does it fall, and does it stop falling?")
def test_fit_reaches_the_frequencies(grade):
    """`fit_mle` ends where softmax(logits) equals the observed frequencies."""
    data = [torch.randint(30, 100, (K,), generator=grade.rng).double() * scale for K, scale in ((3, 1), (6, 20))]
    answers = sequence(grade.submission(fits, data), len(data), "the list of fits")
    for answer, counts in zip(answers, data, strict=True):
        fitted = tensor(answer, tuple(counts.shape), "the result of fit_mle").softmax(0)
        off = (fitted - counts / counts.sum()).abs().max()
        assert off < 1e-3, "after fit_mle, softmax(logits) is not close to the observed frequencies"


@points("1/5")
@hint("One step: logits - learning_rate * gradient, from zero logits. Is every argument used?")
def test_fit_takes_plain_steps(grade):
    """After a few steps `fit_mle` is where plain gradient descent from zero is, for any number of steps and rate."""
    cases = []
    for K, steps in ((4, 0), (3, 1), (5, 3), (6, 8)):
        counts = torch.randint(2, 60, (K,), generator=grade.rng).double()
        counts[torch.randint(K, (1,), generator=grade.rng)] = 0
        cases.append((counts, steps, uniform(grade.rng, 0.3, 1.8)))
    answers = sequence(grade.submission(few_steps, cases), len(cases), "the list of fits")
    for answer, (counts, steps, learning_rate) in zip(answers, cases, strict=True):
        logits, carries = sequence(answer, 2, "what comes back")
        off = (
            tensor(logits, tuple(counts.shape), "the result of fit_mle") - descended(counts, steps, learning_rate)
        ).abs()
        assert off.max() < 1e-4, (
            "without a step the logits are not zero"
            if steps == 0
            else "the first steps are not those of gradient descent"
        )
        assert carries is False, "the result of fit_mle still carries a gradient"
    rare, few = (torch.randint(*span, (1,), generator=grade.rng).item() for span in ((8, 13), (2, 5)))
    near, far = torch.tensor([1000.0, 1000 + few]).double(), torch.tensor([rare, 100.0 - rare]).double()
    # Frequencies within 1e-3 of the start, a rate so large that nll ends above where it began, and a long slow descent.
    cases = [
        (near, 40, uniform(grade.rng, 0.8, 1.2)),
        (far, 2, uniform(grade.rng, 18, 20)),
        (far, 1500 + rare, uniform(grade.rng, 0.004, 0.006)),
    ]
    complaints = (
        "the last steps are not taken",
        "where a large learning_rate ends is not what comes back",
        "more than a thousand steps with a small learning_rate do not end where gradient descent does",
    )
    answers = sequence(grade.submission(few_steps, cases), len(cases), "the list of fits")
    for answer, case, complaint in zip(answers, cases, complaints, strict=True):
        logits = tensor(sequence(answer, 2, "what comes back")[0], (2,), "the result of fit_mle")
        assert (logits - descended(*case)).abs().max() < 1e-4, complaint
