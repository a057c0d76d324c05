"""Public checks of biased_coin."""

from dgm.checking import public_check


@public_check("a fair coin")
def fair(student):
    assert abs(student.coin_nll(0.5, 1, 1) - 1.386294) < 1e-4, "two fair tosses: twice log 2"
