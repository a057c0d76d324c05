"""How well the hidden checks tell right from wrong: the reference on many seeds, named answers, generated mutants.

`promises` holds the docstrings against the checks, `catalogue` reads the mistakes that have a name, `proof` judges an
answer whose verdict is known, `mutants` changes a reference in small ways, `trials` sends every such answer through the
real reader, guest and judge, `page` writes what came of it, `mistake` prints the program that a student with a mistake
would have handed in, `architectures` makes the grid of networks that a docstring leaves free.
`python -m autograder.validation` (`make validate`) does all of it. `forgeries` (`make forgeries`) holds forged answers
against every check.
"""
