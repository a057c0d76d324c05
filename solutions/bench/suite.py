"""Everything that is compared: what each homework's module in this folder, found by its name, collects."""

from autograder.course import homework_modules, load_course

MODULES = homework_modules("solutions.bench.{}", load_course())
OPERATIONS = [operation for module in MODULES.values() for operation in module.OPERATIONS]
# Exercises and formulas ("hw1/completion", "hw1/t1_formula") for which there is nothing to compare with, and why.
WITHOUT_PEER = {exercise: why for module in MODULES.values() for exercise, why in module.WITHOUT_PEER.items()}
