"""Training for a number of CPU seconds, measuring, and the record of a run."""

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm.auto import tqdm

from solutions.machine import machine
from solutions.results.entry import FID, Data, Entry, Limits, Player, Values
from solutions.results.features import samples
from solutions.results.pictures import save_grid

SAVE_EVERY = 10.0  # CPU seconds between two checkpoints
WARM_UP = 50  # steps


class ResultsError(Exception):
    """Something is missing or wrong; the sentence says what."""


def train(
    name: str,
    entry: Entry,
    data: Data,
    budget: float,
    seed: int,
    folder: Path,
    clock: Callable[[], float] = time.process_time,
) -> tuple[nn.Module, dict[str, float]]:
    """Train a model for `budget` seconds of the clock; the model, and how many steps, images and seconds it took.

    Goes on from the checkpoint in `folder` when it was made with the same settings, and writes one there now and then
    and at the end. Every step draws from a generator of its own: steps that an interruption lost are done
    again with the same draws.
    Raises ResultsError when a loss is no longer finite.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = entry.build(data)
    optimisers: list[torch.optim.Optimizer] = [
        torch.optim.Adam(p.parameters(model), lr=p.learning_rate, betas=p.betas) for p in entry.players
    ]
    path = folder / f"{name}.pt"
    step, spent = _load(path, model, optimisers, settings(entry, budget, seed))
    start = clock() - spent
    saved = spent
    model.train()
    with tqdm(total=round(budget), initial=round(spent), desc=f"{name:9}", unit="CPU-s") as bar:
        while spent < budget:
            decay = 0.5 * (1 + math.cos(math.pi * spent / budget))
            pace = min(1, (step + 1) / WARM_UP) * (0.02 + 0.98 * decay)
            losses = _step(entry, model, optimisers, data, pace, torch.Generator().manual_seed(seed * 1_000_003 + step))
            if not all(map(math.isfinite, losses)):
                raise ResultsError(f"{name}: the loss became {losses} in step {step}")
            step += 1
            spent = clock() - start
            if spent - saved >= SAVE_EVERY or spent >= budget:
                _save(path, model, optimisers, step, spent, settings(entry, budget, seed))
                saved = spent
            if step % 20 == 0:
                bar.set_postfix_str(", ".join(f"{loss:.2f}" for loss in losses), refresh=False)
            bar.update(min(round(spent), bar.total) - bar.n)
    images = step * entry.batch_size * sum(player.turns for player in entry.players)
    return model.eval(), {"steps": step, "images": images, "cpu_seconds": spent}


def _step(
    entry: Entry,
    model: nn.Module,
    optimisers: list[torch.optim.Optimizer],
    data: Data,
    pace: float,
    generator: torch.Generator,
) -> list[float]:
    """One step of training, at `pace` times the learning rates: every player's last loss, which may be infinite."""
    losses = []
    for player, optimiser in zip(entry.players, optimisers, strict=True):
        for group in optimiser.param_groups:
            group["lr"] = player.learning_rate * pace
        for _ in range(player.turns):
            loss = _turn(player, model, optimiser, data, entry.batch_size, generator)
        losses.append(loss)
    entry.after_step(model)
    return losses


def _turn(
    player: Player,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    data: Data,
    batch_size: int,
    generator: torch.Generator,
) -> float:
    rows = torch.randint(data.size, (batch_size,), generator=generator)
    loss = player.loss(model, data.batch(rows, generator), generator)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def settings(entry: Entry, budget: float, seed: int) -> dict[str, Any]:
    """All that a training run depends on, besides the code and the machine."""
    return {
        "built_as": entry.built_as,
        "data": entry.data.name,
        "batch_size": entry.batch_size,
        "learning_rates": [player.learning_rate for player in entry.players],
        "budget": budget,
        "seed": seed,
    }


def _save(
    path: Path, model: nn.Module, optimisers: list[torch.optim.Optimizer], step: int, spent: float, made: dict
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    learnt = {"model": model.state_dict(), "optimisers": [optimiser.state_dict() for optimiser in optimisers]}
    torch.save({**learnt, "step": step, "spent": spent, "settings": made}, unfinished)
    os.replace(unfinished, path)  # there is never half a checkpoint


def _load(
    path: Path, model: nn.Module, optimisers: list[torch.optim.Optimizer], wanted: dict[str, Any]
) -> tuple[int, float]:
    """Steps and seconds done so far; zero when there is no checkpoint with these settings."""
    if not path.exists():
        return 0, 0.0
    state = torch.load(path, weights_only=True)
    if state["settings"] != wanted:
        return 0, 0.0
    model.load_state_dict(state["model"])
    for optimiser, learnt in zip(optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(learnt)
    return state["step"], state["spent"]


@torch.no_grad()
def measure(name: str, entry: Entry, model: nn.Module, data: Data, seed: int) -> Values:
    """Everything that is measured: each value in the unit of its quantity, with its standard error or None.

    Raises ResultsError when a value lies outside the range that the data give for its unit.
    """
    generator = torch.Generator().manual_seed(seed)
    values = entry.measure(model, data, generator)
    if FID in entry.quantities and data.judge:
        values = {**values, FID: (data.judge().distance(samples(entry, model, data, generator), generator), None)}
    if values.keys() != entry.quantities.keys():
        raise ResultsError(f"{name}: measured {', '.join(values)}, but declared {', '.join(entry.quantities)}")
    limits = limits_of(entry, data)
    for key, (value, _) in values.items():
        require_plausible(f"{name}, {key}", value, entry.quantities[key].unit, limits)
    return {key: values[key] for key in entry.quantities}


def limits_of(entry: Entry, data: Data) -> Mapping[str, Limits]:
    """What is plausible, by unit; for the FID, which nobody else needs, the judge knows it."""
    return {**data.limits, FID: data.judge().limits} if FID in entry.quantities and data.judge else data.limits


def require_plausible(what: str, value: float, unit: str, limits: Mapping[str, Limits]) -> None:
    """Raises ResultsError unless `value` lies strictly between the floor and the ceiling of its unit."""
    if unit not in limits:
        raise ResultsError(f"{what}: the data do not say what is plausible in {unit}, only in {', '.join(limits)}")
    bound = limits[unit]
    if not bound.floor < value:  # also when it is not a number
        low = f"{bound.floor:.2f} ({bound.floor_is})"
        raise ResultsError(f"{what}: {value:.2f} {unit} cannot be right, for it is not above {low}: look for a leak")
    if not value < bound.ceiling:
        high = f"{bound.ceiling:.2f} ({bound.ceiling_is})"
        raise ResultsError(
            f"{what}: {value:.2f} {unit} cannot be right, for it is not below {high}: nothing was learnt"
        )


def run(name: str, entry: Entry, data: Data, budget: float, seed: int, checkpoints: Path, results: Path) -> dict:
    """Train, measure and sample one model; write its numbers and its picture to `results`, and return the numbers."""
    model, effort = train(name, entry, data, budget, seed, checkpoints)
    values = measure(name, entry, model, data, seed)
    rows, columns = entry.grid
    with torch.no_grad():
        samples = entry.sample(model, rows * columns, data, torch.Generator().manual_seed(seed))
    results.mkdir(parents=True, exist_ok=True)
    save_grid(samples, columns, results / f"{name}.png")
    units = [entry.quantities[key].unit for key in values]
    record = {
        "model": name,
        "settings": settings(entry, budget, seed),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        **effort,
        "test_images": len(data.images),
        "pixels": data.images[0].numel(),
        "values": values,
        "limits": {unit: asdict(limits_of(entry, data)[unit]) for unit in units},
        "date": date.today().isoformat(),
        "machine": machine(),
    }
    record_file(results, name).write_text(json.dumps(record, indent=1) + "\n")
    return record


def record_file(results: Path, name: str) -> Path:
    return results / f"{name}.json"


def measured(name: str, entry: Entry, budget: float, seed: int, results: Path) -> bool:
    """Whether there are all numbers of this model with these settings."""
    path = record_file(results, name)
    if not path.exists():
        return False
    record = json.loads(path.read_text())
    return record["settings"] == settings(entry, budget, seed) and list(record["values"]) == list(entry.quantities)
