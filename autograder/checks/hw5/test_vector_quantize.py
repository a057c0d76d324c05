"""Hidden checks of hw5/vector_quantize: nearest code vectors, and who receives which gradient.

Oracle   Loops over places and code vectors; gradients written down by hand, as products with numbers drawn after the
         values were answered. Only gradients can tell a swapped detach from a right one: both train.
Error    The oracles agree with the reference to 1e-12; 1e-4 is allowed. Places whose two nearest code vectors are
         nearly equally far are not drawn.
Cost     0.1 s.
"""

import torch
from torch import Tensor

from autograder.checking import Grade, hint, points, probe, sequence, tensor
from autograder.judging.instruments import near_max, normal

PROMISES = {
    "vector_quantize": {
        "(z_q, indices, codebook_loss, commitment_loss)": "values, losses",
        "z_e (B, D, H, W) is what an encoder says, codebook (K, D) holds the code vectors": "values",
        "indices (B, H, W), long, tells for every place which code vector has the smallest Euclidean distance": (
            "values"
        ),
        "z_q (B, D, H, W) holds those vectors": "values",
        "Both losses () are the mean over all B D H W elements of (z_e - z_q)^2.": "losses",
        "what reaches z_q is passed on to z_e unchanged, as if z_q were z_e, and none of it to the codebook": (
            "straight_through"
        ),
        "codebook_loss has a gradient for the codebook only": "codebook_gradient",
        "commitment_loss for z_e only": "commitment_gradient",
    }
}


@probe
def quantized(student, z_e: Tensor, codebook: Tensor) -> list:
    z_q, indices, codebook_loss, commitment_loss = student.vector_quantize(z_e, codebook)
    return [z_q, indices, codebook_loss, commitment_loss, str(indices.dtype)]


@probe
def gradients(student, z_e: Tensor, codebook: Tensor, which: int, cotangent: Tensor, sums: list) -> list:
    """Gradients of (one of the results times cotangent) + (z_e and codebook times given numbers)."""
    z_e, codebook = z_e.clone().requires_grad_(), codebook.clone().requires_grad_()
    result = student.vector_quantize(z_e, codebook)[which]
    total = (result * cotangent).sum() + (z_e * sums[0]).sum() + (codebook * sums[1]).sum()
    return torch.autograd.grad(total, [z_e, codebook])


SIZES = ((2, 3, 4, 5, 6), (1, 5, 2, 3, 3), (3, 4, 3, 2, 4), (2, 1, 1, 4, 7), (1, 6, 5, 1, 2))  # B, D, H, W, K


def case(rng: torch.Generator, size: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Vectors and a codebook with no near ties; the code vectors have different lengths."""
    B, D, H, W, K = size
    while True:
        codebook = normal(rng, K, D) * (0.5 + torch.arange(K)[:, None] / K)
        z_e = normal(rng, B, D, H, W)
        distances = squared_distances(z_e, codebook).sort(-1).values
        if K == 1 or (distances[..., 1] - distances[..., 0]).min() > 1e-4:
            return z_e, codebook


def squared_distances(z_e: Tensor, codebook: Tensor) -> Tensor:
    """(B, H, W, K), by a loop over the dimensions."""
    total = torch.zeros(z_e.shape[0], *z_e.shape[2:], len(codebook), dtype=torch.float64)
    for d in range(z_e.shape[1]):
        total += (z_e[:, d, :, :, None] - codebook[:, d]) ** 2
    return total


def truth(z_e: Tensor, codebook: Tensor) -> tuple[Tensor, Tensor]:
    """z_q and indices."""
    indices = squared_distances(z_e, codebook).min(-1).indices
    z_q = torch.stack([codebook[:, d][indices] for d in range(z_e.shape[1])], 1)
    return z_q, indices


def answers(grade: Grade, z_e: Tensor, codebook: Tensor) -> list:
    return sequence(grade.submission(quantized, z_e, codebook), 5, "the result of vector_quantize")


@points("3/10")
@hint("The dimensions of a vector lie along axis 1. Compare whole vectors with every row of the codebook.")
def test_values(grade):
    """Every place gets the nearest code vector and its index."""
    for size in SIZES:
        z_e, codebook = case(grade.rng, size)
        true_z_q, true_indices = truth(z_e, codebook)
        z_q, indices, *_, dtype = answers(grade, z_e, codebook)
        indices = tensor(indices, tuple(true_indices.shape), "indices")
        assert (indices == true_indices).all(), "indices does not name the nearest code vector everywhere"
        assert dtype == "torch.int64", "indices should have the dtype long"
        assert near_max(tensor(z_q, tuple(z_e.shape), "z_q"), true_z_q), "z_q does not hold the nearest code vectors"


@points("1/10")
@hint("A mean over all elements, in both.")
def test_losses(grade):
    """Both losses have the value of the mean squared difference."""
    for size in SIZES[:3]:
        z_e, codebook = case(grade.rng, size)
        expected = (z_e - truth(z_e, codebook)[0]).square().sum() / z_e.numel()
        _, _, *losses, _ = answers(grade, z_e, codebook)
        for value, name in zip(losses, ("codebook_loss", "commitment_loss"), strict=True):
            assert near_max(tensor(value, (), name), expected), f"the value of {name} is not right"


def judge(grade: Grade, which: int, shares, what: str) -> None:
    """Compare both gradients of one result with `shares(z_e, codebook, cotangent)`."""
    for size in SIZES[:3]:
        z_e, codebook = case(grade.rng, size)
        shape = tuple(z_e.shape) if which == 0 else ()
        value = tensor(answers(grade, z_e, codebook)[which], shape, what)
        z_q = truth(z_e, codebook)[0]
        expected = z_q if which == 0 else (z_e - z_q).square().mean()
        assert near_max(value, expected), f"the value of {what} is not right"
        cotangent, sums = normal(grade.rng, *shape), [normal(grade.rng, *z_e.shape), normal(grade.rng, *codebook.shape)]
        if which:
            cotangent = 20 * (1 + cotangent.abs())
        answer = grade.submission(gradients, z_e, codebook, which, cotangent, sums)
        answer = sequence(answer, 2, "the gradients")
        # The sums keep zeros out of the answers: no gradient at all would give exactly these numbers.
        for found, own, extra, name in zip(
            answer, shares(z_e, codebook, cotangent), sums, ("z_e", "the codebook"), strict=True
        ):
            found = tensor(found, tuple(extra.shape), f"the gradient for {name}")
            assert near_max(found, own + extra), f"the gradient of {what} for {name} is not right"


@points("1/4")
@hint("z_e + (nearest - z_e), with one of the two parts cut off from the graph.")
def test_straight_through(grade):
    """A gradient that reaches z_q goes to z_e unchanged, and not to the codebook."""
    judge(grade, 0, lambda z_e, codebook, cotangent: (cotangent, torch.zeros_like(codebook)), "z_q")


def pulled(z_e: Tensor, codebook: Tensor, factor: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of factor * mean (z_e - e)^2 for z_e, and for the code vectors."""
    z_q, indices = truth(z_e, codebook)
    for_z = 2 * factor * (z_e - z_q) / z_e.numel()
    for_codebook = torch.zeros_like(codebook)
    for d in range(z_e.shape[1]):
        for_codebook[:, d].index_add_(0, indices.flatten(), -for_z[:, d].flatten())
    return for_z, for_codebook


@points("7/40")
@hint("The codebook moves towards what the encoder says; the encoder is a constant here.")
def test_codebook_gradient(grade):
    """codebook_loss moves the code vectors and nothing else."""
    judge(grade, 2, lambda z, c, f: (torch.zeros_like(z), pulled(z, c, f)[1]), "codebook_loss")


@points("7/40")
@hint("The encoder moves towards its code vectors; the codebook is a constant here.")
def test_commitment_gradient(grade):
    """commitment_loss moves the encoder's vectors and nothing else."""
    judge(grade, 3, lambda z, c, f: (pulled(z, c, f)[0], torch.zeros_like(c)), "commitment_loss")
