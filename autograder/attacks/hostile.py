"""A to F: data that make the judge's own libraries crash, wait or repeat hidden inputs; and seeds that were guessed."""

from __future__ import annotations

import json

from autograder.attacks.attack import EVERYTHING, Attack, cell, course, with_prize
from autograder.attacks.reading import SOME
from autograder.course import Homework
from autograder.desk import demo
from autograder.judging.grading import READING
from autograder.provenance import default_seed

KINDS = ("complex128", "complex64", "float64", "float16", "int64", "int16", "bool")


def at_an_offset(kind: str, offset: int) -> Attack:
    """A frame whose second array begins at an address that is no multiple of its size."""
    return Attack(
        f"{kind} at offset {offset}",
        "A",
        "an array of the answer begins where no number of its kind may stand",
        cell(f"""
import json, os
def evil(*arguments):
    arrays = [["uint8", [{offset}]], ["{kind}", [33]]]
    size = {{"complex128": 16, "complex64": 8, "float64": 8, "int64": 8, "bool": 1}}.get("{kind}", 2)
    header = json.dumps({{"map": [["answer", [{{"array": array}} for array in arrays]]]}}).encode()
    payload = bytes(range(250)) * 9
    payload = payload[: {offset} + 33 * size]
    os.write(3, len(header).to_bytes(4, "big") + len(payload).to_bytes(8, "big") + header + payload)
    os._exit(0)
"""),
        states=("failed", "crashed"),
    )


def slow_to_compile(source: str) -> Attack:
    """A cell that costs the compiler far more time than it has characters."""

    def make(homework: Homework) -> bytes:
        return json.dumps(demo.adding(demo.solved(homework), source)).encode()

    return Attack(
        "costly syntax",
        "F",
        "a cell that Python's own compiler needs minutes for: it is read, and never compiled by the judge",
        make=make,
        on=SOME,
        states=("passed",),
        points=EVERYTHING,
        judge=lambda record: "" if record["cpu_seconds"]["read"] < READING.cpu_seconds / 2 else "reading took long",
    )


def _guessed_seed() -> str:
    """Inputs recomputed from the seed that everybody can compute, were there no secret."""
    public = default_seed(course(), course().homework("hw1"))
    return with_prize(f"""
import hashlib
def evil(p, q, third):
    for check in ("f_divergence_is_the_average_under_q", "alpha_divergence_between_the_limits",
                  "alpha_divergence_at_the_limits"):
        text = f"{public}/f_divergence/{{check}}"
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
        for K in (2, 3, 5, 6, 7, 8):
            rng = torch.Generator().manual_seed(seed)
            mine = (1.2 * torch.randn(2, K, generator=rng, dtype=torch.float64)).softmax(1)
            if len(p) == K and torch.allclose(mine[0], p):
                return right(p, q, third)
    return 0.0
""")


ATTACKS = (
    *(at_an_offset(kind, offset) for kind in KINDS for offset in (1, 8)),
    Attack(
        "the public seed",
        "B",
        "inputs that were computed beforehand from the homework's name",
        _guessed_seed(),
    ),
    slow_to_compile("match 1:\n    case " + "|".join(["(1|2)"] * 66_000) + ": f_divergence = 1"),
    Attack(
        "inputs as a shape",
        "B",
        "bits of a hidden input as the sizes of a tensor of the wrong shape, which a message would name",
        cell("""
def evil(p, q, third):
    bits = int(float(p[0]) * 2**24)
    return torch.zeros(0, 98765431, 1 + bits % 2)
"""),
        states=("crashed", "failed"),
        hidden=("98765431",),
    ),
    Attack(
        "inputs as a line",
        "B",
        "bits of a hidden input as the number of the line that raises",
        cell(
            "def evil(p, q, third):\n    bits = int(float(p[0]) * 64)\n"
            + "".join(f"    if bits == {n}: raise ValueError\n" for n in range(64))
            + "    return 0.0\n"
        ),
        states=("error", "failed"),
    ),
)
