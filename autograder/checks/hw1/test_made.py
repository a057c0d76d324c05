"""Hidden checks of hw1/made: masks and masked autoencoder (Germain et al., 2015).

Oracle   the order itself: which variables may be read follows from it. Masks are multiplied here; the outputs of the
         network are compared between inputs that differ in one variable; the probabilities of all K^D states are
         added up. The fit is judged by the exact KL between two tables of 2^4 states.
Error    sums over all states are exact to 1e-12 in float64; 1e-4 is allowed (a solution in float32 is right too).
         Fit: see FIT. Before any network is judged, its weights are moved, as training would move them.
Cost     0.6 s, of which the fit takes 0.3 s.
Rejects  every mistake in made.mistakes.md.
"""

import itertools

import torch

from autograder.checking import hint, limits, points, probe, sequence, tensor

PROMISES = {
    "make_masks": {
        "The 0/1 masks of a MADE with layers D -> hidden[0] -> ... -> hidden[-1] -> D, as len(hidden) + 1 float": (
            "masks_respect_the_order, masks_connect_what_they_may"
        ),
        "Mask l has the shape of that layer's weight, (outputs, inputs)": "masks_respect_the_order",
        "order (D,) is a permutation of 0..D-1, and order[i] is the position of x_i.": "masks_respect_the_order",
        "Variable x_i has degree order[i] + 1.": "masks_respect_the_order",
        "Every hidden unit draws a degree in 1..D-1 uniformly with `generator`, never below the smallest degree": (
            "masks_connect_what_they_may, masks_are_drawn_with_the_generator"
        ),
        "A hidden unit reads all units of at most its own degree (Eq. 12); output i reads all of a degree below": (
            "masks_connect_what_they_may"
        ),
        "The same generator state gives the same masks.": "masks_are_drawn_with_the_generator",
    },
    "MADE": {
        "The conditionals p(x_i | x_j with order[j] < order[i]) of D variables with K classes, in one forward": (
            "outputs_depend_on_earlier_variables_only, probabilities_sum_to_one, training_fits_a_small_table"
        ),
        "D >= 2 variables, hidden layers of these widths, K classes, order (D,); the generator draws the masks.": (
            "outputs_depend_on_earlier_variables_only, training_fits_a_small_table"
        ),
        "Logits (B, D, K) from x (B, D), class indices 0..K-1 as floats.": "outputs_depend_on_earlier_variables_only",
        "softmax over the last axis of [:, i] is p(x_i = k | the variables before x_i in the ordering).": (
            "probabilities_sum_to_one"
        ),
    },
}

# A change of a logit that counts as none. Rounding in float32 moved a logit by at most 6e-6, and the smallest true
# influence in 450 networks of the reference and 180 of right/ was 0.018.
TINY = 2e-4
# The standard deviation of the share of one of five degrees among 4000 draws is 0.0063.
UNEVEN = 0.06
# KL(p || model) in nats after training: 1.6e-5 on average (standard deviation 1.4e-4) and at most 1.5e-3 over 200 seeds
# with ReLU, at most 6e-3 over 20 seeds with sigmoids, at least 0.13 over 25 seeds without a nonlinearity.
FIT = 0.05


@probe
def masks_of(student, cases):
    """The masks for every (D, hidden, order, seed), or (..., seed, used): so many numbers are drawn beforehand.

    The global random state must not matter, so it is moved.
    """
    answers = []
    for index, (D, hidden, order, seed, *used) in enumerate(cases):
        torch.manual_seed(1000 + index)
        generator = torch.Generator().manual_seed(seed)
        torch.rand(sum(used), generator=generator)
        answers.append(student.make_masks(D, hidden, order, generator))
    return answers


@probe
def shaken_made(student, D, hidden, K, order, seed):
    """A MADE in float64 whose trainable weights have moved at random, away from where the constructor left them."""
    torch.manual_seed(seed)
    made = student.MADE(D, hidden, K, order, torch.Generator().manual_seed(seed)).double()
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.requires_grad:
                parameter.add_(0.4 * torch.randn(parameter.shape, dtype=parameter.dtype))
    return made


@probe
def logits_of(student, networks, batches):
    """The logits of each network (D, hidden, K, order, seed) on each of its batches of inputs."""
    answers = []
    for arguments, inputs in zip(networks, batches, strict=True):
        made = shaken_made(student, *arguments)
        answers.append([made(x) for x in inputs])
    return answers


@probe
def fitted_logits(student, order, states, p, seed):
    """The logits (S, D, K) on all states (S, D) after a fit of a MADE to the probabilities p (S,) of the states."""
    torch.manual_seed(seed)
    made = student.MADE(states.shape[1], [128], 2, order, torch.Generator().manual_seed(seed)).double()
    optimizer = torch.optim.Adam([q for q in made.parameters() if q.requires_grad], lr=0.02)
    for _ in range(350):
        log_prob = made(states).log_softmax(2).gather(2, states.long()[..., None]).sum((1, 2))
        loss = -(p * log_prob).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return made(states)


def random_order(D, rng):
    """A permutation that is neither the natural order nor its own inverse."""
    while True:
        order = torch.randperm(D, generator=rng)
        if not torch.equal(order[order], torch.arange(D)):
            return order


def earlier(order):
    """(D, D): entry (i, j) says whether x_j comes before x_i."""
    return order[:, None] > order


def all_states(D, K, rng):
    """All K^D states (K^D, D), in random order."""
    states = torch.tensor(list(itertools.product(range(K), repeat=D)), dtype=torch.float64)
    return states[torch.randperm(len(states), generator=rng)]


def log_probabilities(logits, states):
    """log p(x) (S,) of the states (S, D) under logits (S, D, K)."""
    return logits.log_softmax(2).gather(2, states.long()[..., None]).sum((1, 2))


def judged_masks(grade, cases):
    """The submission's masks for each case, as 0/1 tensors of the right shapes."""
    answers = sequence(grade.submission(masks_of, cases), len(cases), "the list of all masks")
    return [checked_masks(answer, *case[:2]) for answer, case in zip(answers, cases, strict=True)]


def checked_masks(answer, D, hidden):
    widths = [D, *hidden, D]
    answer = sequence(answer, len(hidden) + 1, "the result of make_masks")
    masks = []
    for layer, mask in enumerate(answer):
        mask = tensor(mask, (widths[layer + 1], widths[layer]), f"mask {layer} (outputs, inputs)")
        assert ((mask == 0) | (mask == 1)).all(), f"mask {layer} has entries other than 0 and 1"
        masks.append(mask)
    return masks


def connections(masks):
    """(D, D): entry (i, j) is the number of ways from input j to output i."""
    product = masks[0]
    for mask in masks[1:]:
        product = mask @ product
    return product


@points("1/5")
@hint("Where may two degrees be equal, and where must one be strictly larger? order[i] is the position of x_i.")
def test_masks_respect_the_order(grade):
    """No way through the masks leads from a variable to itself or to an earlier one."""
    shapes = [(5, [40]), (6, [30, 50]), (7, [40, 20, 30]), (5, [3, 4])]
    cases = [(D, hidden, random_order(D, grade.rng), grade.guest_seed()) for D, hidden in shapes]
    for masks, (_, _, order, _) in zip(judged_masks(grade, cases), cases, strict=True):
        ways = connections(masks) > 0
        assert ways.any(), "no input is connected to any output"
        assert not ways.diagonal().any(), "the masks leave a way from a variable to its own output"
        assert not ways[~earlier(order)].any(), "the masks leave a way from a variable to the output of an earlier one"


@points("1/5")
@hint("Which degrees may a unit draw, given the degrees in the layer before it? A missing connection costs quality.")
def test_masks_connect_what_they_may(grade):
    """Every hidden unit has something to read, and in a wide network every earlier variable reaches every later one."""
    wide = [(5, [80]), (6, [100, 120]), (5, [80, 90, 80])]
    narrow = [(7, [2, 3, 2])] * 10 + [(4, [3, 2])] * 10
    cases = [(D, hidden, random_order(D, grade.rng), grade.guest_seed()) for D, hidden in wide + narrow]
    answers = judged_masks(grade, cases)
    for masks in answers:
        read_something = all((mask.sum(1) > 0).all() for mask in masks[:-1])
        assert read_something, "a hidden unit reads nothing: its row in the mask is 0"
        assert (masks[-1].sum(0) > 0).all(), "a unit of the last hidden layer is read by no output"
    for masks, (_, _, order, _) in zip(answers[: len(wide)], cases, strict=False):
        ways = connections(masks) > 0
        assert not ways.all(), "the masks hide nothing: every input reaches every output"
        assert ways[earlier(order)].all(), "in a wide network some variable does not reach the output of a later one"


@points("1/10")
@hint("Every random number comes from the generator in the argument, and from nowhere else.")
def test_masks_are_drawn_with_the_generator(grade):
    """The same generator state gives the same masks, another state gives others."""
    order, seed = random_order(6, grade.rng), grade.guest_seed()
    (many,) = judged_masks(grade, [(6, [4000], order, seed)])
    degrees = many[0].sum(1)  # of a unit of the first layer: the number of variables that it reads
    shares = torch.stack([(degrees == degree).double().mean() for degree in range(1, 6)])
    assert (shares - 0.2).abs().max() < UNEVEN, "the degrees 1..D-1 of a large first layer are not equally frequent"
    cases = [(6, [40, 40], order, s) for s in (seed, seed, seed + 1, seed + 2)]
    *masks, later = judged_masks(grade, [*cases, (6, [40, 40], order, seed, 101)])
    first, again, *others = masks
    forbidden = (connections(first) > 0)[~earlier(order)]  # any random bits are drawn with a generator
    assert not forbidden.any(), "the masks that were drawn leave a way from a variable to itself or an earlier one"
    same = all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert same, "two calls with the same state of the generator give different masks"
    for other in others:
        drawn = not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))
        assert drawn, "generators with different seeds give the same masks: the degrees are not drawn"
    # What a unit of the first layer reads, and by how many outputs one of the last is read, tell their degrees.
    alike = torch.equal(first[0].sum(1), 6 - first[-1].sum(0))
    assert not alike, "the units of two layers have the same degrees: every unit draws one of its own"
    moved_on = not all(torch.equal(a, b) for a, b in zip(first, later, strict=True))
    assert moved_on, "a generator that has been used gives the masks of a fresh one: its state is not used"


@points("1/5")
@hint("Every layer needs its mask in every forward pass, and the K logits of a variable need the same one.")
def test_outputs_depend_on_earlier_variables_only(grade):
    """The logits of x_i change with the variables before it and with nothing else, for any order and K."""
    networks, batches = [], []
    for D, hidden, K in ((5, [60], 3), (7, [100, 90], 3), (6, [90, 80, 90], 2)):
        networks.append((D, hidden, K, random_order(D, grade.rng), grade.guest_seed()))
        base = torch.randint(K, (12, D), generator=grade.rng).double()
        base[0] = (base[0].bool() | (networks[-1][3] == 0)).double()  # the largest class is elsewhere in the batch
        changed = base.repeat(D, 1, 1)
        for j in range(D):  # another class for x_j, in all rows
            changed[j, :, j] = (base[:, j] + torch.randint(1, K, (12,), generator=grade.rng)) % K
        rows = torch.cat([base[None], changed]).flatten(0, 1)
        batches.append([rows, rows[:1]])
    batches[0].append(moved_between_two(batches[0][0][:12], networks[0][3]))
    answers = sequence(grade.submission(logits_of, networks, batches), len(networks), "the list of networks")
    for answer, inputs, (D, _, K, order, _) in zip(answers, batches, networks, strict=True):
        many, one, *_ = sequence(answer, len(inputs), "the logits")
        many = tensor(many, (12 * (D + 1), D, K), "the result of MADE.forward")
        one = tensor(one, (1, D, K), "the result of MADE.forward for a batch of one")
        assert (many[:1] - one).abs().max() < TINY, "the logits of one input change with the rest of its batch"
        base, changed = many[:12], many[12:].reshape(D, 12, D, K)
        change = (changed - base).abs().amax((1, 3)).T  # (i, j): how much x_j moves the logits of x_i
        first = order == 0
        assert (change[first] < TINY).all(), "the output of the first variable must depend on nothing"
        assert (change.diagonal() < TINY).all(), "the logits of a variable depend on that variable itself"
        assert (change[~earlier(order)] < TINY).all(), "the logits of a variable depend on a later one"
        assert (change[earlier(order)] > TINY).all(), "the logits of a variable do not depend on every earlier one"
    moved = tensor(answers[0][2], (48, 5, 3), "the result of MADE.forward").unflatten(0, (4, 12))
    difference = (moved[1] - moved[0]) - (moved[3] - moved[2])
    assert difference.abs().max() > TINY, "the logits follow from sums of the variables: the weights play no part"


def moved_between_two(rows, order):
    """The rows (B, D) with the first two variables of the order at 0 1, 1 0, 0 2 and 1 1, one after the other.

    If every hidden unit only adds up what it may read, then only units that read the first variable alone notice that
    1 moves from the second to the first, and these notice it alike whatever the second was.
    """
    first, second = order.argsort()[:2]
    moved = rows.repeat(4, 1, 1)
    moved[:, :, first] = torch.tensor([0.0, 1, 0, 1], dtype=rows.dtype)[:, None]
    moved[:, :, second] = torch.tensor([1.0, 0, 2, 1], dtype=rows.dtype)[:, None]
    return moved.flatten(0, 1)


@points("1/10")
@hint("The last axis holds the K logits of one variable; an output that peeks at its own variable breaks the sum.")
def test_probabilities_sum_to_one(grade):
    """The probabilities of all K^D states sum to 1."""
    networks, batches = [], []
    for D, hidden, K in ((6, [40, 40], 2), (4, [30], 3)):
        networks.append((D, hidden, K, random_order(D, grade.rng), grade.guest_seed()))
        batches.append([all_states(D, K, grade.rng)])
    answers = sequence(grade.submission(logits_of, networks, batches), len(networks), "the list of networks")
    for answer, (D, _, K, _, _), (states,) in zip(answers, networks, batches, strict=True):
        (logits,) = sequence(answer, 1, "the logits")
        logits = tensor(logits, (K**D, D, K), "the result of MADE.forward")
        p = log_probabilities(logits, states).exp()
        assert abs(p.sum() - 1) < 1e-4, f"with K = {K} classes the probabilities of all states do not sum to 1"
        assert p.std() > 1e-3 * p.mean(), "all states have the same probability whatever the weights are"
        # Logits that do not look at x at all sum to 1 as well.
        assert (logits - logits[:1]).abs().max() > TINY, "the logits are the same for every state"


@points("1/5")
@limits(cpu_seconds=20, wall_seconds=60)
@hint("Can the network express that x_3 = x_1 xor x_2? It needs weights that train, and a nonlinearity between them.")
def test_training_fits_a_small_table(grade):
    """Trained on a table of 2^4 probabilities with strong interactions, MADE comes close to it, and not closer."""
    D, order = 4, random_order(4, grade.rng)
    states = all_states(D, 2, grade.rng)
    p = random_table(states[:, order.argsort()], grade.rng)
    answer = grade.submission(fitted_logits, order, states, p, grade.guest_seed())
    logits = tensor(answer, (2**D, D, 2), "the result of MADE.forward after training")
    log_q = log_probabilities(logits, states)
    kl = (p * (p.log() - log_q)).sum()
    assert kl > -1e-4, "after training, the model is better than the truth: an output sees its own variable"
    assert kl < FIT, "after training, the model is far from the table of probabilities that it was trained on"


def random_table(ordered, rng):
    """Probabilities (S,) of the states (S, D), whose columns come in order: each variable is near an xor."""
    x, strength = ordered.bool(), 0.75 + 0.15 * torch.rand(4, generator=rng, dtype=torch.float64)
    flips = torch.rand(4, generator=rng) < 0.5
    guesses = [flips[0].expand(len(x)), x[:, 0] ^ flips[1], x[:, 0] ^ x[:, 1] ^ flips[2], x[:, 1] ^ x[:, 2] ^ flips[3]]
    p = torch.ones(len(x), dtype=torch.float64)
    for i, guess in enumerate(guesses):
        p = p * torch.where(x[:, i] == guess, strength[i], 1 - strength[i])
    return p
