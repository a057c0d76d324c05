"""All attacks that are one submission."""

from __future__ import annotations

from autograder.attacks import (
    catalogued,
    escaping,
    exhausting,
    forging,
    hostile,
    leaking,
    probing,
    reading,
    scheming,
    showing,
)
from autograder.attacks.attack import Attack

ATTACKS: tuple[Attack, ...] = (
    *forging.ATTACKS,
    *probing.ATTACKS,
    *catalogued.ATTACKS,
    *hostile.ATTACKS,
    *leaking.ATTACKS,
    *exhausting.ATTACKS,
    *escaping.ATTACKS,
    *scheming.ATTACKS,
    *reading.ATTACKS,
    *showing.ATTACKS,
)
