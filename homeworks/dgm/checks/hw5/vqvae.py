"""Public checks of `vqvae`."""

import torch
import torch.nn.functional as F
from dgm.checking import public_check


def small(student, **options):
    x = (torch.rand(3, 1, 8, 12) < 0.4).float()
    return student.VQVAE(6, 4, hidden=8, **options), x


@public_check("shapes of codes and logits, and the codebook")
def shapes(student):
    for halvings in (1, 2):
        model, x = small(student, halvings=halvings)
        indices = model.encode(x)
        expected = (3, 8 // 2**halvings, 12 // 2**halvings)
        assert tuple(indices.shape) == expected, f"with {halvings} halvings the codes should have shape {expected}"
        assert indices.dtype == torch.long, "codes should be long"
        assert tuple(model.decode(indices).shape) == (3, 1, 8, 12), "decode should give the shape of the images"
    book = model.codebook
    assert tuple(book.shape) == (6, 4) and isinstance(book, torch.nn.Parameter), "codebook: a parameter (n_codes, dim)"
    assert bool((book.abs() <= 1).all()), "the codebook should start between -1 and 1"


@public_check("the loss and its parts")
def parts(student):
    model, x = small(student)
    loss = model.loss(x)
    assert set(loss) >= {"total", "rec", "codebook", "commitment"}, "total, rec, codebook and commitment"
    expected = F.binary_cross_entropy_with_logits(model.decode(model.encode(x)), x)
    assert abs(loss["rec"] - expected) < 1e-4, "rec: the mean over images and pixels of -log p(x | codes)"
    assert abs(loss["codebook"] - loss["commitment"]) < 1e-5, "codebook and commitment have the same value"
    total = loss["rec"] + loss["codebook"] + 0.25 * loss["commitment"]
    assert abs(loss["total"] - total) < 1e-4, "total = rec + codebook + 0.25 commitment"


@public_check("who learns from what")
def gradients(student):
    model, x = small(student)
    parameters = [p for p in model.parameters() if p is not model.codebook]

    def moved(part, which):
        found = torch.autograd.grad(model.loss(x)[part], which, allow_unused=True)
        return sum(g is not None and bool(g.any()) for g in found)

    assert moved("rec", [model.codebook]) == 0, "rec should not move the codebook"
    assert moved("codebook", [model.codebook]) == 1, "the codebook loss should move the codebook"
    assert moved("codebook", parameters) == 0, "the codebook loss should move nothing else"
    encoder = moved("commitment", parameters)
    assert encoder > 0, "the commitment should move the encoder"
    assert moved("rec", parameters) > encoder, "rec should move the encoder as well as the decoder"


@public_check("perplexity counts the codes in use")
def counts(student):
    assert abs(float(student.perplexity(torch.tensor([[0, 1], [1, 0]]), 5)) - 2) < 1e-4, "two codes, equally often: 2"
    assert abs(float(student.perplexity(torch.tensor([3, 3]), 5)) - 1) < 1e-4, "one code: 1"
