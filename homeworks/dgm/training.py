"""The training loop that all homeworks share."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

Batch = Any  # a tensor, or a tuple of tensors, like the data


def fit(
    loss: Callable[[nn.Module, Batch], Tensor],
    model: nn.Module,
    data: Tensor | tuple[Tensor, ...],
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int = 0,
    decay: bool = False,
) -> list[float]:
    """Minimise the loss over the model's parameters with Adam; return the mean loss of every epoch.

    With `decay` the learning rate falls to 0 in the course of the training, along half a cosine.

    `loss(model, batch)` gives the mean loss of a batch as a tensor of shape (), in nats in this course. `data` is a
    tensor (N, ...) or a tuple of tensors that share N; a batch looks like the data. The seed fixes the order of the
    batches and the noise that the loss draws; the global random numbers are afterwards where they were before.

    Raises ValueError when the loss is not a single number that can be differentiated, or is no longer finite.
    """
    from tqdm.auto import tqdm

    tensors = data if isinstance(data, tuple | list) else (data,)
    n = len(tensors[0])
    if n == 0 or any(len(tensor) != n for tensor in tensors):
        raise ValueError(f"data must be tensors with the same number of rows, got {[len(t) for t in tensors]}")
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs and batch_size must be at least 1, got {epochs} and {batch_size}")
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    steps = epochs * -(-n // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps) if decay else None
    generator = torch.Generator().manual_seed(seed)
    history = []
    model.train()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        bar = tqdm(total=steps, unit="batch", leave=True)
        with bar:
            for epoch in range(1, epochs + 1):
                bar.set_description(f"epoch {epoch}/{epochs}", refresh=False)
                total = 0.0
                for rows in _batches(n, batch_size, generator):
                    batch = tuple(tensor[rows] for tensor in tensors)
                    value = loss(model, batch if isinstance(data, tuple | list) else batch[0])
                    _require_loss(value, epoch)
                    optimiser.zero_grad()
                    value.backward()
                    optimiser.step()
                    if schedule is not None:
                        schedule.step()
                    total += value.item() * len(rows)
                    bar.update()
                history.append(total / n)
                bar.set_postfix_str(f"loss {history[-1]:.4f} nats")
    return history


def _batches(n: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    yield from torch.randperm(n, generator=generator).split(batch_size)


def _require_loss(value: object, epoch: int) -> None:
    if not isinstance(value, Tensor) or value.dim() != 0:
        what = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"the loss must be a tensor of shape (), got {what}")
    if not value.requires_grad:
        raise ValueError("the loss does not depend on the model's parameters: is it detached, or is there no_grad?")
    if not value.isfinite():
        raise ValueError(f"the loss became {value.item()} in epoch {epoch}; training stops here")
