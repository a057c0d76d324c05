"""Public checks of fit_coin."""

from dgm.checking import public_check


@public_check("as many heads as tails")
def fair(student):
    assert abs(student.fit_coin(4, 4)[0] - 0.5) < 1e-4, "then the fair coin is the best"
