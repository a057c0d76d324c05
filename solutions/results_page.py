"""The page solutions/RESULTS.md: what `make results` measured, beside the published figures."""

import json
import math
import os
import platform
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

MAGNIFY = 3  # screen pixels for each pixel of a picture
GAP = 2
EDGE = 225  # the grey between pictures


@dataclass(frozen=True)
class Published:
    """What the paper reports, where, and what keeps the two numbers apart. `nats` is None where there is no figure.

    `look` is what there is to see in the samples, whatever the run.
    """

    title: str
    nats: float | None
    source: str
    differs: str
    look: str = ""


PUBLISHED = {
    "made": Published(
        "MADE (homework 1)",
        88.40,
        "Germain et al. 2015 (arXiv:1502.03509), the table of results on binarised MNIST: one hidden layer, one mask. "
        "(Two hidden layers with 32 masks: 86.64.) Not verified, see below.",
        "Theirs has 8000 hidden units (with 500 and one mask, Figure 2 there shows about 94.5) and was trained until "
        "the validation likelihood stopped improving; binarisation: static there, dynamic here.",
    ),
    "pixelcnn": Published(
        "PixelCNN (homework 1)",
        81.30,
        "van den Oord, Kalchbrenner & Kavukcuoglu 2016 (arXiv:1601.06759), the table of results on MNIST.",
        "Theirs has residual connections and was trained for far longer; binarisation: static there, dynamic here.",
        "The model sees ten rows up and no further. Once the upper edge is out of sight it cannot know how far down it "
        "is, so that strokes may run into the lower edge.",
    ),
    "wavenet": Published(
        "WaveNet (homework 1)",
        None,
        "None: the paper (van den Oord, Dieleman et al. 2016, arXiv:1609.03499) models sound and reports no "
        "likelihood of images.",
        "Compare with PixelCNN: the same order of the pixels, on a line instead of a plane, but with 26 rows in sight "
        "instead of ten.",
        "A line of pixels has no left and no right edge: digits come out shifted, and what leaves on one side comes "
        "back on the other.",
    ),
    "vae": Published(
        "VAE (homework 2)",
        86.76,
        "Burda et al. 2016 (arXiv:1509.00519), Table 1: one stochastic layer, k = 1.",
        "Theirs has two hidden layers of 200 on either side of 50 latent dimensions, made 3280 passes over the data, "
        "and was measured with 5000 draws per image in place of 100, which tightens the bound. Binarisation: dynamic "
        "in both.",
    ),
    "iwae": Published(
        "IWAE (homework 2)",
        85.54,
        "Burda et al. 2016, Table 1: one stochastic layer, k = 5. (With k = 50: 84.78.)",
        "As for the VAE. Five draws per image make a step dearer, so that the same CPU time has room for fewer of them "
        "than for the VAE: to compare the two objectives, compare runs with equally many steps, as the paper does.",
    ),
}


def save_grid(images: Tensor, columns: int, path: Path) -> None:
    """Write images (N, 1, H, W) in [0, 1] as one PNG, ink on paper, `columns` beside each other."""
    from PIL import Image

    count, _, height, width = images.shape
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP), EDGE, dtype=np.uint8)
    for i, image in enumerate(images[:, 0]):
        row, column = divmod(i, columns)
        top, left = GAP + row * (height + GAP), GAP + column * (width + GAP)
        sheet[top : top + height, left : left + width] = (255 * (1 - image)).round().byte().numpy()
    Image.fromarray(sheet.repeat(MAGNIFY, 0).repeat(MAGNIFY, 1)).save(path, optimize=True)


def machine() -> str:
    """The processor, its cores and the version of PyTorch, for the record."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        cpu = platform.processor() or platform.machine()
    return f"{cpu}, {os.cpu_count()} cores, one thread used, PyTorch {torch.__version__.split('+')[0]}"


def write_page(path: Path, results: Path, names: list[str]) -> None:
    """Write the page from the records (`<name>.json`) and pictures (`<name>.png`) in `results`.

    A model without a record gets a row that says so: nothing on the page was neither measured nor published.
    """
    files = {name: results / f"{name}.json" for name in names}
    records = {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}
    lines = [
        "# Reference models on MNIST",
        "",
        "Written by `make results` (`python -m solutions.results`); do not edit. Everything under *measured* comes",
        "from a run on the machine named below, everything under *published* from the paper in the second table. All",
        "in nats per image of 28 x 28 binary pixels; lower is better.",
        "",
        "| model | parameters | training, CPU s | steps | images seen | measured | bits per pixel | published |",
        "|---|---:|---:|---:|---:|---|---:|---:|",
        *(_row(name, records.get(name)) for name in names),
        "",
        "| model | as built here | published figure | what differs |",
        "|---|---|---|---|",
        *(_comparison(name, records.get(name)) for name in names),
        "",
        *(_notes(list(records.values())) if records else []),
        *_pictures(results, [name for name in names if name in records]),
    ]
    path.write_text("\n".join(lines).rstrip() + "\n")


def _row(name: str, record: dict | None) -> str:
    told = PUBLISHED[name]
    published = "none" if told.nats is None else f"{told.nats:.2f}"
    if record is None:
        return f"| {told.title} | | | | | not measured yet | | {published} |"
    values = [f"{_label(key)} {value:.2f} ± {error:.2f}" for key, (value, error) in record["values"].items()]
    values[0] = f"**{values[0]}**"
    headline = next(iter(record["values"].values()))[0]
    bits = headline / record["pixels"] / math.log(2)
    return (
        f"| {told.title} | {record['parameters']:,} | {record['cpu_seconds']:.0f} | {record['steps']:,} "
        f"| {record['images']:,} | {'<br>'.join(values)} | {bits:.4f} | {published} |"
    )


def _label(key: str) -> str:
    return {"NLL": "−log p(x)", "-ELBO": "−ELBO"}.get(key, key.replace("-", "−"))


def _comparison(name: str, record: dict | None) -> str:
    told = PUBLISHED[name]
    return f"| {told.title} | {record['settings']['built_as'] if record else ''} | {told.source} | {told.differs} |"


def _notes(records: list[dict]) -> list[str]:
    """How the records came about, and how to read them."""

    def all_of(values: list[str]) -> str:
        return " / ".join(sorted(set(values)))

    machines = all_of([record["machine"] for record in records])
    dates = all_of([record["date"] for record in records])
    budgets = all_of([f"{record['settings']['budget']:g}" for record in records])
    mixed = len({record["settings"]["budget"] for record in records}) > 1
    seeds = all_of([str(record["settings"]["seed"]) for record in records])
    images = all_of([f"{record['test_images']:,}" for record in records])
    floor = min(record["floor"] for record in records)
    ceiling = max(record["ceiling"] for record in records)
    return [
        f"* **Machine**: {machines}. **Date**: {dates}.",
        f"* **Run**: `make results`, {budgets} CPU seconds of training per model, seed {seeds}, one run each. "
        "Measuring and drawing the samples come on top. The seed fixes weights, batches and noise, but how many steps "
        "fit into the budget depends on the machine." + (" Rows with different budgets do not compare." * mixed),
        f"* **Measured** on {images} test images; ± is the standard error over the images, which says nothing about "
        "how another training run would come out. MADE, PixelCNN and WaveNet give exact likelihoods. The VAE and the "
        "IWAE give bounds: −L_100, with 100 draws per image, is the closer one; −log p(x) lies below its expectation.",
        "* **Binarisation**: a pixel is 1 with a probability equal to its grey level. For training it is drawn anew in "
        "every batch (dynamic), for the test images once. The static binarisation of the MADE and PixelCNN papers also "
        "draws the training images only once: fewer different images to learn from, and test images that are another "
        "draw of the same kind. `dgm.mnist` in the homeworks cuts the grey levels at one half: an easier problem, "
        "with lower numbers, which do not belong into this table.",
        f"* **Plausible** is what lies between {floor:.2f} nats (Diagonal BiLSTM, 7 layers, the best model of van den "
        f"Oord, Kalchbrenner & Kavukcuoglu 2016) and {ceiling:.2f} nats (independent pixels, measured on the same "
        "test images). Outside, `make results` stops with an error and records nothing.",
        "* **Published** figures were not read off the papers themselves. Those of PixelCNN and of the Diagonal BiLSTM "
        "agree with the leaderboard of Papers with Code; those of the VAE and the IWAE with the table in which "
        "github.com/nbip/IWAE quotes the paper beside its own reproduction; MADE's 94.5 comes from the README of "
        "github.com/karpathy/pytorch-made. For MADE's 88.40 and 86.64 no second source was found.",
        "* **Left out**: the Gaussian mixture of homework 2. It is a density over real vectors, and a density of "
        "pixels that are 0 or 1 can be made as high as one likes: no number of it could stand beside these.",
        "",
    ]


def _pictures(results: Path, measured: list[str]) -> list[str]:
    """The grid of test images, and of samples from every model with a record."""
    lines = []
    if (results / "data.png").exists():
        lines += ["## Test images", "", f"![Test images]({results.name}/data.png)", ""]
    if measured:
        lines += ["## Samples", "", "The first ones drawn; none were chosen.", ""]
    for name in measured:
        title = PUBLISHED[name].title
        lines += [f"### {title}", "", f"![Samples of {title}]({results.name}/{name}.png)", ""]
        lines += [PUBLISHED[name].look, ""] if PUBLISHED[name].look else []
    return lines
