"""The training loop really learns, gives the same numbers twice, and leaves the global generator alone."""

import dgm
import pytest
import torch
import torch.nn.functional as F
from torch import nn


class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.slope, self.shift = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return x @ self.slope + self.shift


def line_data():
    x = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    return x, x @ torch.tensor([1.5, -0.5]) + 0.3


def squared_error(model, batch):
    x, y = batch
    return (model(x) - y).square().mean()


def test_it_learns_a_line_from_a_tuple_of_tensors():
    model = Line()
    losses = dgm.fit(squared_error, model, line_data(), epochs=60, batch_size=16, learning_rate=0.05)
    assert len(losses) == 60 and all(isinstance(value, float) for value in losses)
    assert losses[-1] < 1e-4 < losses[0]
    assert model.slope.tolist() == pytest.approx([1.5, -0.5], abs=0.02)


def test_it_learns_a_bernoulli_from_one_tensor():
    class Coins(nn.Module):
        def __init__(self):
            super().__init__()
            self.logit = nn.Parameter(torch.zeros(3))

    data = (torch.rand(300, 3, generator=torch.Generator().manual_seed(1)) < torch.tensor([0.2, 0.5, 0.9])).float()
    model = Coins()

    def loss(model, x):
        return F.binary_cross_entropy_with_logits(model.logit.expand_as(x), x)

    dgm.fit(loss, model, data, epochs=100, batch_size=64, learning_rate=0.05)
    assert model.logit.sigmoid().tolist() == pytest.approx(data.mean(0).tolist(), abs=0.02)


def test_the_epoch_loss_is_the_mean_over_rows_also_with_a_short_last_batch():
    model = Line()
    data = line_data()
    with torch.no_grad():
        before = squared_error(model, data).item()
    losses = dgm.fit(squared_error, model, data, epochs=1, batch_size=64, learning_rate=0.0)
    assert losses[0] == pytest.approx(before, rel=1e-5)


def test_every_row_is_seen_once_an_epoch_in_a_new_order():
    seen = []

    def loss(model, x):
        seen.append(x.tolist())
        return model.shift * 0 + x.mean()

    dgm.fit(loss, Line(), torch.arange(10.0), epochs=2, batch_size=4, learning_rate=0.1)
    epochs = [sum(seen[:3], []), sum(seen[3:], [])]
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 2
    assert epochs[0] != epochs[1] and [len(batch) for batch in seen] == [4, 4, 2] * 2


def noisy(model, batch):
    x, y = batch
    return (model(x + 0.1 * torch.randn_like(x)) - y).square().mean()


def test_the_seed_fixes_everything_and_the_global_generator_stays():
    torch.manual_seed(7)
    before = torch.get_rng_state()
    runs = [dgm.fit(noisy, Line(), line_data(), 3, 32, 0.05, seed=seed) for seed in (4, 4, 5)]
    assert runs[0] == runs[1] != runs[2]
    assert torch.equal(torch.get_rng_state(), before)


def test_the_learning_rate_falls_along_half_a_cosine():
    """The gradient of a sum is 1, and Adam's step for a gradient that never changes is the learning rate."""
    model = nn.Linear(1, 1, bias=False)
    seen = []

    def loss(model, batch):
        seen.append(model.weight.item())
        return model.weight.sum()

    dgm.fit(loss, model, torch.zeros(40, 1), epochs=2, batch_size=4, learning_rate=0.01, decay=True)
    steps = -torch.tensor([*seen, model.weight.item()]).diff()
    cosine = 0.005 * (1 + torch.cos(torch.pi * torch.arange(20) / 20))
    assert torch.allclose(steps, cosine, atol=1e-5)


def test_it_trains_although_gradients_were_switched_off():
    with torch.no_grad():
        losses = dgm.fit(squared_error, Line(), line_data(), 3, 32, 0.05)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda model, batch: (model(batch[0]) - batch[1]).square(), "shape"),
        (lambda model, batch: 1.0, "float"),
        (lambda model, batch: squared_error(model, batch).detach(), "does not depend"),
        (lambda model, batch: squared_error(model, batch) * float("nan"), "became nan in epoch 1"),
    ],
)
def test_a_loss_that_cannot_be_minimised_gets_a_sentence(loss, message):
    with pytest.raises(ValueError, match=message):
        dgm.fit(loss, Line(), line_data(), 1, 32, 0.05)


@pytest.mark.parametrize(
    ("data", "epochs", "batch_size"),
    [
        ((torch.zeros(3, 2), torch.zeros(4)), 1, 2),
        (torch.zeros(0, 2), 1, 2),
        (torch.zeros(3), 0, 2),
        (torch.zeros(3), 1, 0),
    ],
)
def test_impossible_arguments_get_a_sentence(data, epochs, batch_size):
    with pytest.raises(ValueError, match="same number of rows|at least 1"):
        dgm.fit(squared_error, Line(), data, epochs, batch_size, 0.1)


def test_a_stub_inside_the_loss_is_passed_on():
    def loss(model, batch):
        raise NotImplementedError("pixelcnn: write PixelCNN.logits")

    with pytest.raises(NotImplementedError, match="pixelcnn"):
        dgm.fit(loss, Line(), line_data(), 1, 32, 0.1)
