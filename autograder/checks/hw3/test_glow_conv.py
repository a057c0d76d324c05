"""Hidden checks of hw3/glow_conv: the invertible 1 x 1 convolution in PLU form (Kingma & Dhariwal, 2018).

Oracle   The matrix W is read off the outputs, place by place, from the images of unit vectors that lie among others;
         log |det W| of numpy's kind comes from its entries, and counts once for every place. The factors that the
         guest names must have their form and make the same W.
Forging  Parameters are moved at random by the probe: what holds for a fresh layer only does not pass. Slopes are
         products with cotangents that are drawn after the answers, held against differences of the measured outputs.
Error    1e-9; 1e-5 is allowed, 1e-4 for slopes and where a fresh layer works in float32.
Cost     0.3 s.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor
from autograder.judging import instruments
from autograder.judging.instruments import left_alone, normal

PROMISES = {
    "InvertibleConv1x1": {
        "The channels of every place of an image are multiplied by one and the same invertible matrix W (C, "
        "C)": "places",
        "W = P L (U + diag(s)): P is a permutation matrix": "form",
        "L is lower triangular with ones on its diagonal, U is zero on its diagonal and below": "form",
        "Trained are the entries of L below its diagonal, those of U above it, and log |s|": "form, slopes",
        "P and the signs of s never change": "form",
        "At first W is orthogonal, and random: `generator` makes the only random numbers, or torch's global one "
        "without it": "start",
        "P (C, C), L (C, C), U (C, C) and s (C,), as they are now": "form",
        "z (B, C, H, W), in which every z[b, :, i, j] is W x[b, :, i, j], and log |det dz/dx| (B,)": "places",
        "Gradients reach x and all that is trained": "slopes",
        "The x with forward(x) = z, and log |det dx/dz| (B,)": "inverse",
        "Works for any H and W, as `forward` does": "places, inverse",
    }
}


@probe
def layer_of(student, C, seed, size, shift=0.0):
    """A layer in float64, its parameters moved at random, and by `shift` along a direction; and that direction.

    It is asked everything once before they move: what it keeps of that is out of date afterwards.
    """
    layer = student.InvertibleConv1x1(C, torch.Generator().manual_seed(seed)).double()
    generator = torch.Generator().manual_seed(seed + 1)
    direction = []
    with torch.no_grad():
        layer(torch.zeros(1, C, 1, 1, dtype=torch.float64))
        layer.inverse(torch.zeros(1, C, 1, 1, dtype=torch.float64))
        layer.factors()
        for parameter in trained(layer):
            parameter.add_(size * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
            direction.append(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
            parameter.add_(shift * direction[-1])
    return layer, direction


@probe
def trained(layer):
    return [parameter for parameter in layer.parameters() if parameter.requires_grad]


@probe
def asked(student, settings, method, x):
    """What a method gives, and its argument afterwards."""
    with torch.no_grad():
        return getattr(layer_of(student, *settings)[0], method)(x), [x]


@probe
def factors(student, settings):
    with torch.no_grad():
        return layer_of(student, *settings)[0].factors()


@probe
def fresh(student, C, seeds, x):
    """What layers with these seeds make of x, when other random numbers are drawn in between."""
    found = []
    with torch.no_grad():
        for seed in seeds:
            torch.rand(3)
            layer = student.InvertibleConv1x1(C, generator=torch.Generator().manual_seed(seed))
            found.append(layer(x))
    return found


@probe
def unseeded(student, C, x, seeds):
    """What layers without a generator make of x, with the global random numbers started from these seeds."""
    found = []
    with torch.no_grad():
        for seed in seeds:
            torch.manual_seed(seed)
            found.append(student.InvertibleConv1x1(C)(x)[0])
    return found


@probe
def slope(student, settings, x, cotangents):
    """The slope of products with the cotangents along the direction of the parameters, and the gradient in x."""
    layer, direction = layer_of(student, *settings)
    x = x.clone().requires_grad_()
    z, log_det = layer(x)
    total = (z * cotangents[0]).sum() + (log_det * cotangents[1]).sum()
    parameters = trained(layer)
    total = total + sum(0.0 * source.sum() for source in [x, *parameters])
    gradients = torch.autograd.grad(total, [x, *parameters])
    along = sum((g * v).sum() for g, v in zip(gradients[1:], direction, strict=True))
    return [gradients[0], along]


def near(answer: Tensor, truth: Tensor, tolerance: float = 1e-5) -> bool:
    return instruments.near(answer, truth, tolerance)


def pair(answer: object, method: str, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    answer = sequence(answer, 2, f"what {method} returns")
    log_det = tensor(answer[1], (shape[0],), f"the log-determinant of {method}")
    return tensor(answer[0], shape, f"the first result of {method}"), log_det


def result(grade: Grade, settings: list, method: str, x: Tensor) -> tuple[Tensor, Tensor]:
    """The point and the log-determinant of a method, which must leave x as it is."""
    answer, after = sequence(grade.submission(asked, settings, method, x), 2, f"what {method} returns")
    left_alone(after, [x], method)
    return pair(answer, method, tuple(x.shape))


def matrix(grade: Grade, settings: list) -> Tensor:
    """W (C, C), column by column, from what `forward` makes of unit vectors in random places."""
    C, rng = settings[0], grade.rng
    x = normal(rng, 2, C, 3, C)
    places = torch.randperm(C, generator=rng)
    for channel, column in enumerate(places.tolist()):
        x[1, :, 1, column] = torch.eye(C, dtype=torch.float64)[channel]
    z, _ = result(grade, settings, "forward", x)
    W = z[1, :, 1][:, places]
    assert near(z, torch.einsum("cd,bdhw->bchw", W, x)), "not every place is multiplied by the same matrix"
    return W


def log_det_per_place(W: Tensor) -> Tensor:
    value = torch.linalg.slogdet(W).logabsdet
    assert value > -50, "W is not invertible"
    return value


def moved_settings(grade: Grade, C: int) -> list:
    return [C, grade.guest_seed(), 0.5]


@points("1/5")
@hint("Draw a random matrix with the generator, make it orthogonal, and take its PLU factors.")
def test_start(grade):
    """A fresh W is orthogonal, random, and made by the generator alone."""
    for C in (2, 4, 7):
        seed = grade.guest_seed()
        x = torch.eye(C)[None, :, :, None].contiguous()  # place j holds unit vector j
        answers = sequence(grade.submission(fresh, C, [seed, seed, seed + 1], x), 3, "the answers")
        first, second, other = (pair(answer, "forward", (1, C, C, 1)) for answer in answers)
        W = first[0][0, :, :, 0]
        assert near(W.T @ W, torch.eye(C, dtype=torch.float64), 1e-4), "at first W is not orthogonal"
        assert first[1].abs().max() < 1e-3, "the log-determinant of an orthogonal matrix is not 0 here"
        assert (first[0] - second[0]).abs().max() < 1e-6, "the same generator gives another matrix"
        assert (first[0] - other[0]).abs().max() > 1e-3, "another generator gives the same matrix"
        answer = sequence(grade.submission(unseeded, C, x, [seed, seed + 1]), 2, "the answers")
        one, two = (tensor(part, (1, C, C, 1), "z of a layer without a generator") for part in answer)
        assert (one - two).abs().max() > 1e-3, "without a generator every layer has the same matrix"


@points("3/10")
@hint("One matrix for all places; every place stretches space by |det W|.")
def test_places(grade):
    """`forward` multiplies every place by W, and its log-determinant counts every place."""
    stretched = False  # an identity would be in order but for this
    for C, B, H, W in ((3, 2, 4, 5), (1, 3, 2, 1), (5, 1, 1, 3)):
        settings = moved_settings(grade, C)
        x = normal(grade.rng, B, C, H, W)
        measured = matrix(grade, settings)
        stretched |= bool(log_det_per_place(measured).abs() > 1e-3)
        grade.fresh_session()
        z, log_det = result(grade, settings, "forward", x)
        assert near(z, torch.einsum("cd,bdhw->bchw", measured, x)), "z is not W x at every place"
        truth = (H * W * log_det_per_place(measured)).expand(B)
        assert near(log_det, truth), "the log-determinant is not that of the map of the whole image"
    assert stretched, "when its parameters move, the layer still neither stretches nor shrinks"


@points("1/5")
@hint("Undo P, then L, then U + diag(s): triangular systems are solved without inverting a matrix.")
def test_inverse(grade):
    """`inverse` undoes `forward`, for images of any size."""
    for C, B, H, W in ((3, 2, 4, 5), (1, 3, 2, 1), (5, 1, 1, 3)):
        settings = moved_settings(grade, C)
        x, measured = normal(grade.rng, B, C, H, W), matrix(grade, settings)
        grade.fresh_session()
        z = torch.einsum("cd,bdhw->bchw", measured, x)
        back, log_det = result(grade, settings, "inverse", z)
        assert near(back, x), "inverse does not give back the x that forward made z of"
        truth = (-H * W * log_det_per_place(measured)).expand(B)
        assert near(log_det, truth), "the log-determinant of inverse is not that of the way back"


@points("1/5")
@hint("What must not change is no parameter; entries outside the triangles must not count, whatever they become.")
def test_form(grade):
    """The factors keep their form and make W, whatever training does; and training may change all that it should."""
    for C in (2, 5):
        before, after = [C, grade.guest_seed(), 0.0], None
        after = [C, before[1], 1.5]
        old, new = (
            sequence(grade.submission(factors, settings), 4, "what factors returns") for settings in (before, after)
        )
        shapes = [(C, C)] * 3 + [(C,)]
        old, new = (
            [tensor(part, shape, f"{name} of factors") for part, shape, name in zip(parts, shapes, "PLUs", strict=True)]
            for parts in (old, new)
        )
        for (P, L, U, s), settings in ((old, before), (new, after)):
            ones = (P.sum(0) == 1).all() and (P.sum(1) == 1).all() and ((P == 0) | (P == 1)).all()
            assert ones, "P is not a permutation matrix"
            assert (L.triu() == torch.eye(C)).all(), "L is not lower triangular with ones on its diagonal"
            assert (U.tril() == 0).all(), "U is not zero on its diagonal and below"
            assert near(P @ L @ (U + s.diag()), matrix(grade, settings)), (
                "P L (U + diag(s)) is not the matrix of forward"
            )
        assert (old[0] == new[0]).all(), "P changes when the parameters do"
        assert (old[3].sign() == new[3].sign()).all(), "a sign of s changes when the parameters do"
        below, above = torch.ones(C, C).tril(-1) > 0, torch.ones(C, C).triu(1) > 0
        assert ((old[1] - new[1])[below] != 0).all(), "an entry of L below the diagonal is not trained"
        assert ((old[2] - new[2])[above] != 0).all(), "an entry of U above the diagonal is not trained"
        assert (old[3] != new[3]).all(), "an entry of s is not trained"
        growth = (new[3] / old[3]).log()
        again = sequence(grade.submission(factors, [C, before[1], 3.0]), 4, "what factors returns")
        twice = (tensor(again[3], (C,), "s of factors") / old[3]).log()
        assert near(twice, 2 * growth), "what is trained of s is not the logarithm of its size"


@points("1/10")
@hint("Is anything detached, or under no_grad?")
def test_slopes(grade):
    """Gradients of z and of the log-determinant reach x and all that is trained."""
    for C, B, H, W in ((3, 2, 2, 3), (2, 1, 3, 1)):
        settings, x, step = moved_settings(grade, C), normal(grade.rng, B, C, H, W), 1e-5
        up, down = (matrix(grade, [*settings, shift]) for shift in (step, -step))
        here = matrix(grade, settings)
        grade.fresh_session()
        cotangents = [normal(grade.rng, *x.shape), normal(grade.rng, B)]
        answer = sequence(grade.submission(slope, settings, x, cotangents), 2, "the gradients")
        truth = torch.einsum("cd,bchw->bdhw", here, cotangents[0])
        assert near(tensor(answer[0], tuple(x.shape), "the gradient in x"), truth), "the gradient in x is not right"
        change = (up - down) / (2 * step)
        along = (torch.einsum("cd,bdhw->bchw", change, x) * cotangents[0]).sum()
        places = H * W * (log_det_per_place(up) - log_det_per_place(down)) / (2 * step)
        along = along + places * cotangents[1].sum()
        found = tensor(answer[1], (), "the slope along the parameters")
        assert near(found, along, 1e-4), "the gradient in the parameters is not right: does it reach L, U and s?"
