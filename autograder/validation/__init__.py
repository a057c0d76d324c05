"""How well the hidden checks tell right from wrong: the reference on many seeds, named answers, generated mutants.

`catalogue` reads the named mistakes and `mistake` prints one (`make mistake`), `mutants` changes a reference in small
ways, `trials` sends every such answer through the real reader, guest and judge, `page` writes what came of it.
`python -m autograder.validation` (`make validate`) does all of it.
"""
