"""Public checks of t1_formula."""

from dgm.checking import public_check


@public_check("left and right are alike")
def mirrored(student):
    assert abs(student.coin_entropy(0.2) - student.coin_entropy(0.8)) < 1e-6, "a coin may be turned round"
