"""Public checks of `pixelcnn`."""

from types import SimpleNamespace

import torch
from dgm.checking import public_check
from torch import Tensor, nn


def model_and_images(student: SimpleNamespace) -> tuple[nn.Module, Tensor]:
    model = student.PixelCNN(n_filters=8, n_layers=3, kernel_size=3)
    return model, (torch.rand(4, 1, 6, 5) < 0.5).float()


@public_check("there is one logit per pixel, and the first one knows nothing")
def logits(student: SimpleNamespace) -> None:
    model, x = model_and_images(student)
    y = model.logits(x)
    assert y is not None and tuple(y.shape) == (4, 1, 6, 5), "for images (4, 1, 6, 5) the logits should have that shape"
    first = y[:, 0, 0, 0]
    assert torch.allclose(first, first[:1].expand(4), atol=1e-5), (
        "nothing comes before the first pixel, so its logit should be the same for all images: is the first layer of "
        "kind 'A', and is every layer masked?"
    )


@public_check("the last pixel does not move any logit")
def last_pixel(student: SimpleNamespace) -> None:
    model, x = model_and_images(student)
    other = x.clone()
    other[:, :, -1, -1] = 1 - x[:, :, -1, -1]
    assert torch.allclose(model.logits(x), model.logits(other), atol=1e-5), (
        "no pixel comes after the last one, so changing it should leave all logits as they are"
    )


@public_check("the loss is one number in nats per pixel")
def loss(student: SimpleNamespace) -> None:
    model, x = model_and_images(student)
    value = model.loss(x)
    assert isinstance(value, torch.Tensor) and value.dim() == 0, "the loss should be a tensor with one number"
    assert 0.2 < value.item() < 2, (
        f"before training the model guesses, which costs about log 2 = 0.69 nats per pixel, but its loss is {value:.3g}"
    )
    assert value.requires_grad, "the loss should be differentiable: nothing on the way may be detached"


@public_check("samples are images of 0 and 1 that depend on u")
def samples(student: SimpleNamespace) -> None:
    model, _ = model_and_images(student)
    for u, pixel in ((torch.zeros(2, 1, 6, 5), 1), (torch.ones(2, 1, 6, 5), 0)):
        x = model.sample(2, u)
        assert x is not None and tuple(x.shape) == (2, 1, 6, 5), "for u of shape (2, 1, 6, 5) so should be the samples"
        assert (x == pixel).all(), (
            f"when every u is {1 - pixel}, every pixel should be {pixel}: compare u with a probability"
        )
