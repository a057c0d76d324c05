"""The whole term of `desk_term.py`, among the other tests."""

from desk_term import blank, term, test_everybody_ends_with_the_right_mark  # noqa: F401
