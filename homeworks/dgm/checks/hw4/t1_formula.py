"""Public checks of `t1_formula`."""

import math

from dgm.checking import public_check


@public_check("the parts add up")
def adds_up(student):
    for weight, std in ((0.7, 0.4), (-1.5, 1.1)):
        average, marginal, information = student.linear_surgery(weight, std)
        assert abs(average - marginal - information) < 1e-5, "average KL = marginal KL + mutual information"


@public_check("an encoder that ignores x carries no information")
def ignores(student):
    average, _, information = student.linear_surgery(0.0, 0.5)
    assert abs(information) < 1e-6, "with weight 0 all posteriors are the same"
    assert abs(average - (0.5 * (0.25 - 1) - math.log(0.5))) < 1e-5, "then the average KL is that of N(0, 0.25)"


@public_check("the aggregate can be the prior")
def matched(student):
    _, marginal, information = student.linear_surgery(0.8, 0.6)
    assert abs(marginal) < 1e-6, "with weight^2 + std^2 = 1 the aggregate posterior is N(0, 1)"
    assert abs(information - math.log(1 / 0.6)) < 1e-5, "then the mutual information is log(1 / std)"
