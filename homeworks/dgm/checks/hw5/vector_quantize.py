"""Public checks of `vector_quantize`."""

import torch
from dgm.checking import public_check


def case():
    """Two images of 1 x 2 places with three dimensions, and four code vectors."""
    codebook = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [3.0, 0.0, 0.0], [0.0, -2.0, 0.0]])
    vectors = torch.tensor([[[[0.2, 0.1, 0.0], [2.5, 0.3, 0.1]]], [[[0.9, 1.2, 0.8], [0.1, -1.8, 0.3]]]])
    return vectors.permute(0, 3, 1, 2).contiguous(), codebook  # (2, 3, 1, 2)


@public_check("nearest code vectors")
def nearest(student):
    z_e, codebook = case()
    z_q, indices, *_ = student.vector_quantize(z_e, codebook)
    assert tuple(indices.shape) == (2, 1, 2), "one index per place"
    assert indices.tolist() == [[[0, 2]], [[1, 3]]], "the nearest code vector, by its Euclidean distance"
    expected = codebook[torch.tensor([[[0, 2]], [[1, 3]]])].permute(0, 3, 1, 2)
    assert torch.allclose(z_q, expected), "z_q holds the code vectors along axis 1"


@public_check("both losses are means over all elements")
def losses(student):
    z_e, codebook = case()
    z_q, _, codebook_loss, commitment_loss = student.vector_quantize(z_e, codebook)
    expected = (z_e - z_q).square().mean()
    for name, value in (("codebook_loss", codebook_loss), ("commitment_loss", commitment_loss)):
        assert value.shape == () and abs(value - expected) < 1e-5, f"{name} should be the mean squared difference"


def gradients(student, which, weight):
    z_e, codebook = (part.requires_grad_() for part in case())
    value = (student.vector_quantize(z_e, codebook)[which] * weight).sum()
    return torch.autograd.grad(value + 0 * (z_e.sum() + codebook.sum()), [z_e, codebook])


@public_check("the gradient of z_q goes straight through")
def straight(student):
    weight = torch.arange(12.0).view(2, 3, 1, 2)
    for_z, for_codebook = gradients(student, 0, weight)
    assert torch.allclose(for_z, weight), "z_e should receive what reaches z_q, unchanged"
    assert not for_codebook.any(), "the codebook should receive nothing through z_q"


@public_check("one loss moves the codebook, the other the encoder")
def who(student):
    for_z, for_codebook = gradients(student, 2, 1.0)
    assert not for_z.any() and bool(for_codebook.any()), "codebook_loss should move the codebook only"
    for_z, for_codebook = gradients(student, 3, 1.0)
    assert bool(for_z.any()) and not for_codebook.any(), "commitment_loss should move z_e only"
