"""Public checks of the formula of theory problem 3."""

from dgm.checking import public_check


def three(student, *case):
    found = student.score_matching_losses(*case)
    assert isinstance(found, tuple | list) and len(found) == 3, "return three numbers: explicit, implicit, denoising"
    return [float(value) for value in found]


@public_check("the true score has no explicit loss, and no other score has a smaller implicit one")
def best(student):
    explicit, implicit, _ = three(student, -0.5, 2.0, 0.7)
    assert abs(explicit) < 1e-9, "the score of N(0, 2) is -x / 2: the explicit loss should be zero there"
    for slope in (-0.6, -0.4):
        assert three(student, slope, 2.0, 0.7)[1] > implicit, "the implicit loss should be smallest at the true score"


@public_check("explicit and implicit differ by a number that no slope can change")
def constant(student):
    gaps = [e - i for e, i, _ in (three(student, slope, 2.0, 0.7) for slope in (-1.0, 0.0, 0.8))]
    assert max(gaps) - min(gaps) < 1e-9, "explicit minus implicit should not depend on the slope"


@public_check("the denoising loss is smallest at the score of the noisy data, and positive there")
def noisy(student):
    at = -1 / (2.0 + 0.7**2)
    lowest = three(student, at, 2.0, 0.7)[2]
    for slope in (at - 0.05, at + 0.05):
        assert three(student, slope, 2.0, 0.7)[2] > lowest, "the best slope should be -1 / (variance + sigma^2)"
    assert lowest > 0.1, "even the best score cannot guess the noise: the loss stays positive"
