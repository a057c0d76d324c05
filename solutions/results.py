"""Train the reference models of homeworks 1 and 2 on MNIST and measure them: `make results`.

    python -m solutions.results [--model NAME] [--budget CPU_SECONDS] [--seed N] [--fresh]

Every model trains for the same number of CPU seconds on one thread, and is then measured on the 10,000 test images.
An interrupted run goes on from its last checkpoint (in build/results, every 10 CPU seconds); a model that has been
measured with the same settings is not trained again unless --fresh is given. The numbers and pictures go to
solutions/results/, the page that shows them beside the published figures to solutions/RESULTS.md.

Data    28 x 28 MNIST, binarised stochastically: a pixel is 1 with a probability equal to its grey level, drawn anew for
        every batch (Burda et al. 2016, section 5) and once, with a fixed seed, for the test images. `dgm.mnist` cuts at
        one half instead, which is an easier problem: no published figure could stand beside it.
Seed    fixes the first weights, the batches and all noise. How many steps fit into the budget is up to the machine.
Exit    0 measured, 1 something is missing or a value is not plausible, 2 wrong usage, 130 interrupted.
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch
import torch.nn.functional as F
from dgm.datasets import DataError, mnist, mnist_folder
from torch import Tensor, nn
from tqdm.auto import tqdm

from solutions.hw1.causal_conv import receptive_field
from solutions.hw1.made import MADE
from solutions.hw1.pixelcnn import PixelCNN
from solutions.hw1.wavenet import WaveNet
from solutions.hw2.importance_weighting import iwae_bound
from solutions.hw2.vae import VAE
from solutions.results_page import machine, save_grid, write_page

HERE = Path(__file__).resolve().parent
CHECKPOINTS = HERE.parent / "build" / "results"
RESULTS = HERE / "results"
PAGE = HERE / "RESULTS.md"
BUDGET = 120.0  # CPU seconds for each model
MOST = 600.0
SAVE_EVERY = 10.0  # CPU seconds between two checkpoints
WARM_UP = 50  # steps
GRID = (3, 8)  # rows and columns of samples
DRAWS = 100  # per test image, for the bounds of the latent variable models
BEST_PUBLISHED = 79.20  # nats: Diagonal BiLSTM, 7 layers (van den Oord et al. 2016, the table of MNIST results)

DILATIONS = [1, 3, 9, 27, 81, 243]  # with 27, and the strict first layer, a tap falls on the pixel straight above
IWAE_DRAWS = 5


class ResultsError(Exception):
    """Something is missing or wrong; the sentence says what."""


@dataclass(frozen=True)
class Task:
    """What the models learn: grey levels (N, 1, H, W) to train on, binary images (M, 1, H, W) to be measured on.

    A value at or below `floor` or at or above `ceiling`, both in nats per image, cannot be right.
    """

    train: Tensor
    test: Tensor
    floor: float
    ceiling: float

    @property
    def side(self) -> int:
        return self.train.shape[-1]


@dataclass(frozen=True)
class Reference:
    """A reference model at a real size, and how to train, measure and sample it."""

    built_as: str
    build: Callable[[int], nn.Module]  # from the side of the images
    loss: Callable[[nn.Module, Tensor, torch.Generator], Tensor]  # () nats per image
    measure: Callable[[nn.Module, Tensor, torch.Generator], dict[str, Tensor]]  # (B,) nats each, the headline first
    sample: Callable[[nn.Module, int, int, torch.Generator], Tensor]  # count, side -> (count, 1, side, side)
    batch_size: int
    learning_rate: float
    measured_at_once: int = 100  # test images


# --- the models ---------------------------------------------------------------------------------------------------


def made(side: int) -> MADE:
    """One hidden layer, one mask, the pixels in raster order."""
    return MADE(side**2, [500], 2, torch.arange(side**2), torch.Generator().manual_seed(0))


def made_nll(model: MADE, x: Tensor) -> Tensor:
    """-log p(x) of binary images (B, 1, H, W): (B,), in nats."""
    x = x.flatten(1)
    return F.cross_entropy(model(x).mT, x.long(), reduction="none").sum(1)


def made_logit(model: MADE, x: Tensor, row: int, column: int) -> Tensor:
    logits = model(x.flatten(1))[:, row * x.shape[-1] + column]  # (B, 2)
    return logits[:, 1] - logits[:, 0]


def pixelcnn(side: int) -> PixelCNN:
    return PixelCNN(n_filters=32, n_layers=6, kernel_size=5)


def pixelcnn_nll(model: PixelCNN, x: Tensor) -> Tensor:
    """-log p(x) of binary images (B, 1, H, W): (B,), in nats."""
    return F.binary_cross_entropy_with_logits(model.logits(x), x, reduction="none").flatten(1).sum(1)


def pixelcnn_logit(model: PixelCNN, x: Tensor, row: int, column: int) -> Tensor:
    """The logit of one pixel, from the rows that can reach it: five layers, each two rows up."""
    return model.logits(x[:, :, max(0, row - 10) : row + 1])[:, 0, -1, column]


def wavenet(side: int) -> WaveNet:
    return WaveNet(2, residual_channels=32, skip_channels=32, kernel_size=3, dilations=DILATIONS)


def wavenet_nll(model: WaveNet, x: Tensor) -> Tensor:
    """-log p(x) of binary images (B, 1, H, W), read as sequences row after row: (B,), in nats."""
    sequence = x.flatten(1).long()
    return F.cross_entropy(model(sequence), sequence, reduction="none").sum(1)


def wavenet_logit(model: WaveNet, x: Tensor, row: int, column: int) -> Tensor:
    """The logit of one pixel, from the part of the sequence that can reach it."""
    step = row * x.shape[-1] + column
    first = max(0, step - receptive_field(3, DILATIONS))
    logits = model(x.flatten(1).long()[:, first : step + 1])[:, :, -1]  # (B, 2)
    return logits[:, 1] - logits[:, 0]


def vae(side: int) -> VAE:
    return VAE(side**2, d_z=50, hidden=500, likelihood="bernoulli")


def log_weights(model: VAE, x: Tensor, draws: int, generator: torch.Generator) -> Tensor:
    """log p(x, z) - log q(z | x) of `draws` z from q for binary images (B, 1, H, W): (draws, B), in nats."""
    x = x.flatten(1)
    mean, log_std = model.encode(x)
    eps = torch.randn(draws, *mean.shape, generator=generator)
    z = mean + log_std.exp() * eps
    logits = model.decode(z)  # (draws, B, d_x)
    log_likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    return log_likelihood + (0.5 * eps**2 - 0.5 * z**2 + log_std).sum(-1)


def vae_loss(model: VAE, x: Tensor, generator: torch.Generator) -> Tensor:
    x = x.flatten(1)
    width = model.encode(x[:1])[0].shape[1]
    return model.loss(x, torch.randn(len(x), width, generator=generator))["total"]


def iwae_loss(model: VAE, x: Tensor, generator: torch.Generator) -> Tensor:
    return -iwae_bound(log_weights(model, x, IWAE_DRAWS, generator)).mean()


def vae_bounds(model: VAE, x: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
    log_w = log_weights(model, x, DRAWS, generator)
    return {f"-L_{DRAWS}": -iwae_bound(log_w), "-ELBO": -log_w.mean(0)}


def vae_sample(model: VAE, count: int, side: int, generator: torch.Generator) -> Tensor:
    width = model.encode(torch.zeros(1, side**2))[0].shape[1]
    z = torch.randn(count, width, generator=generator)
    return model.sample(z, torch.rand(count, side**2, generator=generator)).view(count, 1, side, side)


def autoregressive(
    built_as: str,
    build: Callable[[int], nn.Module],
    nll: Callable[[nn.Module, Tensor], Tensor],
    logit: Callable[[nn.Module, Tensor, int, int], Tensor],
    batch_size: int,
    learning_rate: float,
) -> Reference:
    """A model with an exact likelihood `nll` whose pixels are drawn one after the other with `logit`."""

    def sample(model: nn.Module, count: int, side: int, generator: torch.Generator) -> Tensor:
        x = torch.zeros(count, 1, side, side)
        for row in range(side):
            for column in range(side):
                probability = torch.sigmoid(logit(model, x, row, column))
                x[:, 0, row, column] = (torch.rand(count, generator=generator) < probability).float()
        return x

    return Reference(
        built_as,
        build,
        loss=lambda model, x, generator: nll(model, x).mean(),
        measure=lambda model, x, generator: {"NLL": nll(model, x)},
        sample=sample,
        batch_size=batch_size,
        learning_rate=learning_rate,
    )


REFERENCES = {
    "made": autoregressive("one hidden layer of 500, one mask, raster order", made, made_nll, made_logit, 100, 2e-3),
    "pixelcnn": autoregressive(
        "6 layers, 32 filters, kernel 5", pixelcnn, pixelcnn_nll, pixelcnn_logit, batch_size=16, learning_rate=2e-3
    ),
    "wavenet": autoregressive(
        "raster sequence of 784, 6 blocks, 32 channels, kernel 3, dilations 1 to 243 (sees 729 pixels back)",
        wavenet,
        wavenet_nll,
        wavenet_logit,
        batch_size=16,
        learning_rate=2e-3,
    ),
    "vae": Reference("784-500-50-500-784", vae, vae_loss, vae_bounds, vae_sample, 100, 1e-3, 50),
    "iwae": Reference(
        f"the same network, k = {IWAE_DRAWS} draws in the objective",
        vae,
        iwae_loss,
        vae_bounds,
        vae_sample,
        100,
        1e-3,
        50,
    ),
}


# --- the data -----------------------------------------------------------------------------------------------------


def mnist_task() -> Task:
    """MNIST, binarised stochastically. Raises DataError when the files are missing or damaged."""
    mnist()  # looks at the files, and says what to do about them
    train, test = (grey_levels(f"{name}-images-idx3-ubyte") for name in ("train", "t10k"))
    return task_from(train, test, lowest=BEST_PUBLISHED)


def grey_levels(name: str) -> Tensor:
    """The images (N, 1, 28, 28) of one raw file, in [0, 1]."""
    raw = bytearray((mnist_folder() / name).read_bytes())
    return torch.frombuffer(raw, dtype=torch.uint8, offset=16).view(-1, 1, 28, 28).float() / 255


def task_from(train: Tensor, test: Tensor, lowest: float = 0.0) -> Task:
    """A task from grey levels in [0, 1], (N, 1, H, W) each, with the range of plausible values.

    No model can beat the entropy of the binarisation itself, on average: the test images' coin flips are not to be
    foreseen even by one who knows the grey levels. `lowest`, in nats, is a stricter floor where one is known. Every
    model that learnt anything beats independent pixels.
    """
    bits = torch.bernoulli(test, generator=torch.Generator().manual_seed(1))
    share = train.mean(0).clamp(1e-4, 1 - 1e-4)
    ceiling = F.binary_cross_entropy(share.expand_as(bits), bits, reduction="sum").item() / len(bits)
    noise = -(torch.xlogy(test, test) + torch.xlogy(1 - test, 1 - test)).flatten(1).sum(1).mean().item()
    return Task(train, bits, max(noise, lowest), ceiling)


# --- training and measuring ---------------------------------------------------------------------------------------


def train(
    name: str,
    task: Task,
    budget: float,
    seed: int,
    folder: Path,
    clock: Callable[[], float] = time.process_time,
) -> tuple[nn.Module, dict[str, float]]:
    """Train a reference for `budget` seconds of the clock; the model, and how many steps, images and seconds it took.

    Goes on from the checkpoint in `folder` when it was made with the same settings, and writes one there now and then
    and at the end. Every step draws from a generator of its own: steps that an interruption lost are done
    again with the same draws.
    Raises ResultsError when the loss is no longer finite.
    """
    reference = REFERENCES[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = reference.build(task.side)
    optimiser = torch.optim.Adam(model.parameters(), lr=reference.learning_rate)
    path = folder / f"{name}.pt"
    step, spent = _load(path, model, optimiser, settings(name, budget, seed))
    start = clock() - spent
    saved = spent
    model.train()
    with tqdm(total=round(budget), initial=round(spent), desc=f"{name:9}", unit="CPU-s") as bar:
        while spent < budget:
            decay = 0.5 * (1 + math.cos(math.pi * spent / budget))
            for group in optimiser.param_groups:
                group["lr"] = reference.learning_rate * min(1, (step + 1) / WARM_UP) * (0.02 + 0.98 * decay)
            generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
            rows = torch.randint(len(task.train), (reference.batch_size,), generator=generator)
            loss = reference.loss(model, torch.bernoulli(task.train[rows], generator=generator), generator)
            if not loss.isfinite():
                raise ResultsError(f"{name}: the loss became {loss.item()} in step {step}")
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            step += 1
            spent = clock() - start
            if spent - saved >= SAVE_EVERY or spent >= budget:
                _save(path, model, optimiser, step, spent, settings(name, budget, seed))
                saved = spent
            if step % 20 == 0:
                bar.set_postfix_str(f"{loss.item():.1f} nats", refresh=False)
            bar.update(min(round(spent), bar.total) - bar.n)
    return model.eval(), {"steps": step, "images": step * reference.batch_size, "cpu_seconds": spent}


def settings(name: str, budget: float, seed: int) -> dict[str, str | float]:
    """All that a training run depends on, besides the code and the machine."""
    reference = REFERENCES[name]
    return {
        "built_as": reference.built_as,
        "batch_size": reference.batch_size,
        "learning_rate": reference.learning_rate,
        "budget": budget,
        "seed": seed,
    }


def _save(path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, step: int, spent: float, made: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "spent": spent}
    torch.save({**state, "settings": made}, unfinished)
    os.replace(unfinished, path)  # there is never half a checkpoint


def _load(path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, wanted: dict) -> tuple[int, float]:
    """Steps and seconds done so far; zero when there is no checkpoint with these settings."""
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, weights_only=True)
    if state["settings"] != wanted:
        return 0, 0.0
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    return state["step"], state["spent"]


@torch.no_grad()
def measure(name: str, model: nn.Module, task: Task, seed: int) -> dict[str, tuple[float, float]]:
    """Mean and standard error over the test images of everything that is measured, in nats per image.

    Raises ResultsError when a value lies outside the task's range.
    """
    reference = REFERENCES[name]
    generator = torch.Generator().manual_seed(seed)
    batches = tqdm(task.test.split(reference.measured_at_once), desc=f"{name:9}", unit="batch", leave=False)
    parts = [reference.measure(model, x, generator) for x in batches]
    values = {key: torch.cat([part[key] for part in parts]).double() for key in parts[0]}
    for key, value in values.items():
        require_plausible(f"{name}, {key}", value.mean().item(), task)
    return {key: (value.mean().item(), value.std().item() / math.sqrt(len(value))) for key, value in values.items()}


def require_plausible(what: str, nats: float, task: Task) -> None:
    """Raises ResultsError unless `nats` lies strictly between the task's floor and its ceiling."""
    if not task.floor < nats:  # also when it is not a number
        raise ResultsError(f"{what}: {nats:.2f} nats is too good to be true (below {task.floor:.2f}): look for a leak")
    if not nats < task.ceiling:
        raise ResultsError(f"{what}: {nats:.2f} nats is no better than independent pixels ({task.ceiling:.2f})")


def run(name: str, task: Task, budget: float, seed: int, checkpoints: Path, results: Path) -> dict:
    """Train, measure and sample one reference; write its numbers and its picture to `results`, and return them."""
    model, effort = train(name, task, budget, seed, checkpoints)
    values = measure(name, model, task, seed)
    rows, columns = GRID
    with torch.no_grad():
        samples = REFERENCES[name].sample(model, rows * columns, task.side, torch.Generator().manual_seed(seed))
    results.mkdir(parents=True, exist_ok=True)
    save_grid(samples, columns, results / f"{name}.png")
    record = {
        "model": name,
        "settings": settings(name, budget, seed),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        **effort,
        "test_images": len(task.test),
        "pixels": task.side**2,
        "values": values,
        "floor": task.floor,
        "ceiling": task.ceiling,
        "date": date.today().isoformat(),
        "machine": machine(),
    }
    (results / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    return record


def measured(name: str, budget: float, seed: int, results: Path) -> bool:
    """Whether there are numbers of this model with these settings."""
    path = results / f"{name}.json"
    return path.exists() and json.loads(path.read_text())["settings"] == settings(name, budget, seed)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m solutions.results", description=__doc__.split("\n")[0])
    parser.add_argument("--model", choices=REFERENCES, action="append", help="only this one (may be repeated)")
    parser.add_argument("--budget", type=float, default=BUDGET, help=f"CPU seconds per model ({BUDGET:.0f})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fresh", action="store_true", help="train again what has been trained or measured")
    options = parser.parse_args(arguments)
    if not 0 < options.budget <= MOST:
        parser.error(f"--budget must lie in 0..{MOST:.0f} CPU seconds, got {options.budget:g}")
    torch.set_num_threads(1)
    try:
        task = mnist_task()
        RESULTS.mkdir(exist_ok=True)
        save_grid(task.test[: math.prod(GRID)], GRID[1], RESULTS / "data.png")
        names = options.model or list(REFERENCES)
        if options.fresh:
            for name in names:
                (CHECKPOINTS / f"{name}.pt").unlink(missing_ok=True)
                (RESULTS / f"{name}.json").unlink(missing_ok=True)
        for name in names:
            if measured(name, options.budget, options.seed, RESULTS):
                print(f"{name}: measured already (--fresh trains it again)")
                continue
            record = run(name, task, options.budget, options.seed, CHECKPOINTS, RESULTS)
            print(name + ": " + ", ".join(f"{key} {value:.2f}" for key, (value, _) in record["values"].items()))
            write_page(PAGE, RESULTS, list(REFERENCES))
        write_page(PAGE, RESULTS, list(REFERENCES))
    except (DataError, ResultsError) as error:
        print(f"No results: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted: the same command, without --fresh, goes on from the last checkpoint.", file=sys.stderr)
        return 130
    print(f"Wrote {os.path.relpath(PAGE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
