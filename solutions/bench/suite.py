"""Everything that is compared. A homework adds its module here."""

from solutions.bench import hw1, hw2

MODULES = [hw1, hw2]
OPERATIONS = [operation for module in MODULES for operation in module.OPERATIONS]
# Exercises and formulas ("hw1/completion", "hw1/t1_formula") for which there is nothing to compare with, and why.
WITHOUT_PEER = {exercise: why for module in MODULES for exercise, why in module.WITHOUT_PEER.items()}
