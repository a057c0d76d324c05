"""The page solutions/RESULTS.md: what `make results` measured, beside the published figures."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from solutions.results.entry import FID, NATS, DataSet, Entry
from solutions.results.features import FEATURES, SAMPLES
from solutions.results.harness import record_file

Records = Mapping[str, dict]  # by model; a model that was never measured is missing


def write_page(path: Path, results: Path, models: Mapping[str, Entry], notes: Iterable[str]) -> None:
    """Write the page from the records (`<name>.json`) and pictures (`<name>.png`) in `results`.

    A model without a record gets a row that says so: nothing on the page was neither measured nor published.
    """
    files = {name: record_file(results, name) for name in models}
    records = {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}
    folder = results.relative_to(path.parent).as_posix()
    lines = [
        "# Reference models on real images",
        "",
        "Written by `make results` (`python -m solutions.results`); do not edit. Everything under *measured* comes",
        "from a run on the machine named below, everything under *published* from the paper in the second table.",
        "",
    ]
    for data in data_sets(models.values()):
        lines += _chapter(data, {name: entry for name, entry in models.items() if entry.data is data}, records)
    lines += [
        "## How to read the numbers",
        "",
        *_run_notes(list(records.values())),
        *(f"* {note}" for note in notes),
        "",
    ]
    for data in data_sets(models.values()):
        shown = {name: entry for name, entry in models.items() if entry.data is data and name in records}
        lines += _pictures(data, shown, results, folder)
    path.write_text("\n".join(lines).rstrip() + "\n")


def data_sets(entries: Iterable[Entry]) -> list[DataSet]:
    """What the models learn from, each data set once, in the order in which they come."""
    return list({entry.data.name: entry.data for entry in entries}.values())


def _chapter(data: DataSet, models: Mapping[str, Entry], records: Records) -> list[str]:
    """The tables of the models on one data set: numbers in one unit beside each other, and what they stand beside."""
    lines = [f"## {data.title}", "", data.intro, ""]
    for unit in dict.fromkeys(entry.unit for entry in models.values() if entry.unit != FID):
        lines += _numbers(unit, {name: entry for name, entry in models.items() if entry.unit == unit}, records)
    lines += _distances({name: entry for name, entry in models.items() if FID in entry.quantities}, records)
    lines += [
        "| model | as built here | published figure | what differs |",
        "|---|---|---|---|",
        *(_comparison(entry, records.get(name)) for name, entry in models.items()),
        "",
        *(f"* {note}" for note in data.notes),
        *_plausible([records[name] for name in models if name in records]),
        "",
    ]
    return lines


def _numbers(unit: str, models: Mapping[str, Entry], records: Records) -> list[str]:
    """The table of the models whose headline has this unit; nats per image are told in bits per pixel as well."""
    columns = ["model", "parameters", "training, CPU s", "steps", "images seen", f"measured, {unit}"]
    columns += ["bits per pixel"] * (unit == NATS) + ["published"]
    align = ["---", "---:", "---:", "---:", "---:", "---"] + ["---:"] * (unit == NATS) + ["---:"]
    rows = [_row(entry, records.get(name)) for name, entry in models.items()]
    return [_line(columns), f"|{'|'.join(align)}|", *map(_line, rows), ""]


def _distances(models: Mapping[str, Entry], records: Records) -> list[str]:
    """The table of all models of a chapter whose samples are judged; those without another number stand only here."""
    judged = {name: record for name, record in records.items() if FID in record["values"]}
    rows = {name: judged.get(name) for name, entry in models.items() if name in judged or entry.unit == FID}
    if not rows:
        return []
    return [
        f"Samples beside test images: FID of {SAMPLES:,} samples, by the {FEATURES} features of a small classifier of "
        "digits, the same for all rows. It falls with the number of samples, and says nothing beside a published one.",
        "",
        "| model | parameters | training, CPU s | steps | images seen | FID |",
        "|---|---:|---:|---:|---:|---:|",
        *(_line([models[name].title, *_effort(record), _distance(record)]) for name, record in rows.items()),
        "",
    ]


def _distance(record: dict | None) -> str:
    return f"{record['values'][FID][0]:.2f}" if record else "not measured yet"


def _line(cells: Iterable[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _row(entry: Entry, record: dict | None) -> list[str]:
    published = "none" if entry.published.value is None else f"{entry.published.value:.2f}"
    if record is None:
        return [entry.title, *_effort(record), "not measured yet", *([""] * (entry.unit == NATS)), published]
    bits = record["values"][entry.headline][0] / record["pixels"] / math.log(2)
    return [
        entry.title,
        *_effort(record),
        "<br>".join(_value(entry, name, *value) for name, value in record["values"].items() if name != FID),
        *([f"{bits:.4f}"] * (entry.unit == NATS)),
        published,
    ]


def _effort(record: dict | None) -> list[str]:
    """Parameters, seconds, steps and images, or nothing."""
    if record is None:
        return [""] * 4
    return [
        f"{record['parameters']:,}",
        f"{record['cpu_seconds']:.0f}",
        f"{record['steps']:,}",
        f"{record['images']:,}",
    ]


def _value(entry: Entry, name: str, value: float, error: float | None) -> str:
    quantity = entry.quantities[name]
    text = f"{quantity.label} {value:.2f}" + (f" ± {error:.2f}" if error is not None else "")
    text = f"**{text}**" if name == entry.headline else text
    return ", ".join([text, *([quantity.unit] * (quantity.unit != entry.unit)), quantity.kind])


def _comparison(entry: Entry, record: dict | None) -> str:
    built_as = record["settings"]["built_as"] if record else ""
    return _line([entry.title, built_as, entry.published.source, entry.published.differs])


def _plausible(records: list[dict]) -> list[str]:
    """Between what the values of a chapter must lie, for every unit."""
    limits = {unit: limit for record in records for unit, limit in record["limits"].items()}
    return [
        f"* **Plausible** is what lies between {limit['floor']:.2f} {unit} ({limit['floor_is']}) and "
        f"{limit['ceiling']:.2f} ({limit['ceiling_is']}). Outside, `make results` stops with an error and records "
        "nothing."
        for unit, limit in limits.items()
    ]


def _run_notes(records: list[dict]) -> list[str]:
    """How the records came about."""
    if not records:
        return []

    def all_of(values: Iterable[str]) -> str:
        return " / ".join(sorted(set(values)))

    budgets = {record["settings"]["budget"] for record in records}
    images = all_of(f"{record['test_images']:,}" for record in records)
    return [
        f"* **Machine**: {all_of(record['machine'] for record in records)}. "
        f"**Date**: {all_of(record['date'] for record in records)}.",
        f"* **Run**: `make results`, {all_of(f'{budget:g}' for budget in budgets)} CPU seconds of training per model, "
        f"seed {all_of(str(record['settings']['seed']) for record in records)}, one run each. "
        "Measuring and drawing the samples come on top. The seed fixes weights, batches and noise, but how many steps "
        "fit into the budget depends on the machine."
        + (" Rows with different budgets do not compare." if len(budgets) > 1 else ""),
        f"* **Measured** on {images} test images; ± is the standard error over the images, which says nothing about "
        "how another training run would come out.",
    ]


def _pictures(data: DataSet, models: Mapping[str, Entry], results: Path, folder: str) -> list[str]:
    """The grid of test images, and of samples from every model of a data set that has a record."""
    lines = []
    if (results / f"{data.name}.png").exists():
        lines += [f"## {data.title}: test images", "", f"![Test images]({folder}/{data.name}.png)", ""]
    if models:
        lines += [f"## {data.title}: samples", "", "The first ones drawn; none were chosen.", ""]
    for name, entry in models.items():
        lines += [f"### {entry.title}", "", f"![Samples of {entry.title}]({folder}/{name}.png)", ""]
        lines += [entry.look, ""] if entry.look else []
    return lines
