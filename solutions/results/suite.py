"""All models: those of each homework's module in this folder, found by its name."""

from autograder.course import homework_modules, load_course
from solutions.results.entry import Entry

MODULES = homework_modules("solutions.results.{}", load_course())
MODELS: dict[str, Entry] = {name: entry for module in MODULES.values() for name, entry in module.MODELS.items()}
NOTES: list[str] = [note for module in MODULES.values() for note in module.NOTES]
