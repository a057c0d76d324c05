"""The demo class of the toy homework."""

from autograder.desk.demo import EMPTY, EVERYTHING, PERFECT, Member, forger, only, otherwise, solved_with

STORIES = (
    PERFECT,
    EMPTY,
    Member("dilnoza-karimova", "an ordinary mistake", solved_with("fit_coin__average"), ("fit_coin/value",)),
    Member("hugo-mwangi", "tries to forge the score", forger, (EVERYTHING,)),
    Member("kavya-moreau", "writes torch", otherwise("biased_coin__torch")),
    Member(
        "noor-haddad",
        "got nothing right",
        only("biased_coin__sides_swapped", "fit_coin__odds", "t1_formula__one_side"),
        (EVERYTHING,),
    ),
)
