"""Hidden checks of hw1/completion: unknown pixels are drawn in raster order, each given all before it.

Model    The probe's own, from numbers drawn here: the logit of a pixel is a bias plus a weighted sum over the pixels
         before it, a fully visible sigmoid belief network (Frey, 1998); probabilities stay within 0.02..0.98.
Oracle   One image, one pixel, one number at a time in Python, with the uniform numbers that were sent. Each is at
         least 1e-3 away from the probability that it is compared with, so that rounding cannot decide a pixel; but
         for a model without weights whose probability is exactly 1/2, or within 1e-6 of 0 and 1.
Calls    A count made in the guest could be forged. Instead the model adds the next row of a table to its logits at
         every call: one call too many or too few changes the pixels themselves, and those are compared here.
Cost     0.1 s.
Rejects  every mistake in completion.mistakes.md.
"""

import math

import torch
from torch import Tensor, nn

from autograder.checking import Grade, hint, points, probe, sequence, tensor

PROMISES = {
    "complete": {
        "The images x0 with every unknown pixel drawn from the model, given the pixels before it: (B, 1, H, W).": (
            "raster_order"
        ),
        "the logit of a pixel depends only on pixels that come before it in raster order": "raster_order",
        "`known` (B, 1, H, W) is bool and may differ from image to image.": "raster_order",
        "Where it is True the pixel of x0 stays": "known_pixels_stay",
        "the pixel becomes 1 when its uniform number in u (B, 1, H, W) is smaller than the sigmoid of its logit": (
            "raster_order, edges"
        ),
        "All randomness is in u.": "raster_order",
        "`model.logits` is called exactly once per position that is unknown in at least one image": "calls",
        "With nothing known this is ancestral sampling.": "sampling",
        "x0 itself is not changed; the result has its dtype.": "known_pixels_stay, edges",
    },
}


@probe
def completion(student, bias: Tensor, weight: Tensor, table: Tensor, x0: Tensor, known: Tensor, u: Tensor) -> Tensor:
    """The completed images (B, 1, H, W)."""

    class Model(nn.Module):
        calls = 0

        def logits(self, x):
            row = table[min(self.calls, len(table) - 1)]
            self.calls += 1
            row = row if len(x) == len(x0) else -row  # a call for a part of the batch is another question
            before = x.reshape(len(x), -1).to(weight.dtype)
            return (before @ weight.T + bias + row).to(torch.float32).view(x.shape)

        def forward(self, x):
            return self.logits(x)

    return student.complete(Model(), x0, known, u)


@probe
def completion_and_argument(student, bias: Tensor, weight: Tensor, table: Tensor, x0: Tensor, known, u) -> list:
    """The completed images, and the images that were handed in as they are after the call."""
    return [completion(student, bias, weight, table, x0, known, u), x0]


def holes(rng: torch.Generator, B: int, H: int, W: int, share: float) -> Tensor:
    """Which pixels are known: that share of them, at random, other ones in every image."""
    return torch.rand(B, 1, H, W, generator=rng) < share


class Case:
    """A model on the images of `known` (B, 1, H, W), uniform numbers, and the one right completion."""

    def __init__(self, rng: torch.Generator, known: Tensor, calls: bool = False) -> None:
        """With `calls` the logits depend on the number of calls so far, and on nothing else."""
        D = known[0].numel()
        self.bias = torch.randn(D, generator=rng, dtype=torch.float64).clamp(-0.9, 0.9)
        weight = torch.randn(D, D, generator=rng, dtype=torch.float64).tril(-1)
        # Every logit has a sum of |weight| of 3 at most, so that the past matters and no probability is near 0 or 1.
        self.weight = 0 * weight if calls else 3 * weight / weight.abs().sum(1, keepdim=True).clamp(min=1)
        self.table = calls * torch.randn(D, D, generator=rng, dtype=torch.float64)
        self.x0 = (torch.rand(known.shape, generator=rng) < 0.5).float()
        self.known = known
        self.u, self.truth = self._fill(torch.rand(known.shape, generator=rng))

    def _fill(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """The uniform numbers, moved away from the probabilities they meet, and the completion they give."""
        B, D = len(u), len(self.bias)
        u, known = u.view(B, D).clone(), self.known.view(B, D)
        weight, bias, table = self.weight.tolist(), self.bias.tolist(), self.table.tolist()
        images = self.x0.view(B, D).tolist()
        call = 0
        for i in range(D):
            if known[:, i].all():
                continue
            row = table[min(call, len(table) - 1)]
            call += 1
            for image, is_known, uniform in zip(images, known[:, i].tolist(), u, strict=True):
                if is_known:
                    continue
                logit = bias[i] + row[i] + sum(weight[i][j] * image[j] for j in range(i))
                probability = 1 / (1 + math.exp(-logit))
                if abs(uniform[i].item() - probability) < 1e-3:
                    uniform[i] = probability + (5e-3 if probability < 0.5 else -5e-3)
                image[i] = 1.0 if uniform[i].item() < probability else 0.0
        return u.view(self.x0.shape), torch.tensor(images, dtype=torch.float64).view(self.x0.shape)

    def answer(self, grade: Grade) -> Tensor:
        """The submission's completion, as a tensor of the right shape."""
        numbers = self.bias, self.weight, self.table, self.x0, self.known, self.u
        return tensor(grade.submission(completion, *numbers), tuple(self.x0.shape), "the completed batch")


@points("1/5")
@hint("Only pixels where `known` is False may change, image by image.")
def test_known_pixels_stay(grade):
    """Known pixels stay, unknown ones follow u: a tiny u gives 1, a u close to 1 gives 0; x0 is not changed."""
    for u, value in ((1e-4, 1), (1 - 1e-4, 0)):
        case = Case(grade.rng, holes(grade.rng, 3, 5, 4, 0.5))
        case.x0 = torch.rand(case.x0.shape, generator=grade.rng)  # what is known need not be 0 or 1
        numbers = case.bias, case.weight, case.table, case.x0, case.known, torch.full_like(case.u, u)
        answer = sequence(grade.submission(completion_and_argument, *numbers), 2, "what comes back")
        completed = tensor(answer[0], (3, 1, 5, 4), "the completed batch")
        argument = tensor(answer[1], (3, 1, 5, 4), "x0 after the call")
        assert (completed == case.x0)[case.known].all(), "a known pixel was changed"
        assert (completed == value)[~case.known].all(), (
            "an unknown pixel is not 1 exactly when its u is smaller than its probability"
        )
        assert torch.equal(argument, case.x0.double()), "x0 was changed: complete should work on a copy"


@points("3/10")
@hint("Fill pixel after pixel: the logit of a pixel depends on the pixels that you filled before it.")
def test_raster_order(grade):
    """The completion is the one that the model, the known pixels and u determine."""
    occluded = torch.zeros(3, 1, 7, 5, dtype=torch.bool)
    occluded[:, :, :3] = True
    several = [holes(grade.rng, *size) for size in ((8, 4, 7, 0.4), (2, 1, 9, 0.5), (16, 6, 6, 0.1))]
    for known in (*several, occluded):
        case = Case(grade.rng, known)
        answer = case.answer(grade)
        assert (answer == case.truth)[known].all(), "a known pixel was changed"
        assert (answer == case.truth).all(), "an unknown pixel is not what the model and u determine, in raster order"


@points("1/5")
def test_sampling(grade):
    """Nothing known is ancestral sampling, everything known changes nothing; both for a single image too."""
    for B, H, W, share, what in ((1, 5, 3, 0, "a sample"), (5, 3, 5, 0, "a sample"), (1, 3, 4, 0.6, "a single image")):
        case = Case(grade.rng, holes(grade.rng, B, H, W, share))
        assert (case.answer(grade) == case.truth).all(), f"{what} is not what the model and u determine"
    case = Case(grade.rng, torch.ones(2, 1, 4, 5, dtype=torch.bool))
    assert (case.answer(grade) == case.truth).all(), "with everything known, nothing may change"


@points("1/5")
@hint(
    "A position that is known in every image needs no call; one that is unknown in any image needs one, for the batch."
)
def test_calls(grade):
    """The model is called once per position that is unknown in some image."""
    for B, share in ((1, 0.6), (3, 0.8), (8, 0.5)):
        case = Case(grade.rng, holes(grade.rng, B, 5, 6, share), calls=True)
        assert (case.answer(grade) == case.truth).all(), (
            "the model's logits depended on how often it had been called, and on how many images; the completion is "
            "not what one call per position that is unknown in some image gives, on the whole batch"
        )


@probe
def drawn_at_the_edges(student, logits: Tensor, x0: Tensor, known: Tensor, u: Tensor) -> list:
    """The completion where the logits are fixed numbers, and the names of the dtypes of x0 and of the result."""

    class Model(nn.Module):
        def logits(self, x):
            return logits

    completed = student.complete(Model(), x0, known, u)
    names = [str(getattr(images, "dtype", "")).rpartition(".")[2] for images in (x0, completed)]  # NumPy's as well
    return [completed, *names]


@points("1/10")
@hint("u smaller than the sigmoid: not smaller or equal, and without a floor below the probability.")
def test_edges(grade):
    """A pixel whose u equals its probability is 0, rare values are drawn as rarely as they are, and the dtype stays."""
    shape = 2, 1, 3, 4
    known = torch.zeros(shape, dtype=torch.bool)
    rare = 15 + 2 * torch.rand(shape, generator=grade.rng)  # probabilities within 3.1e-7 of 1 or of 0
    for dtype in (torch.float32, torch.float64):
        x0 = (torch.rand(shape, generator=grade.rng) < 0.5).to(dtype)
        for _ in range(3):
            side = torch.randint(-1, 2, shape, generator=grade.rng)  # 0: u equals the probability, 1 / 2
            u = torch.where(side == 0, 0.5, torch.where(side > 0, 1 - 6e-7, 6e-7))
            answer = sequence(grade.submission(drawn_at_the_edges, side * rare, x0, known, u), 3, "what comes back")
            assert (tensor(answer[0], shape, "the completed batch") == (side > 0)).all(), (
                "an unknown pixel is not 1 exactly when its u is smaller than its probability"
            )
            assert answer[1] == answer[2], "the result has another dtype than x0"
