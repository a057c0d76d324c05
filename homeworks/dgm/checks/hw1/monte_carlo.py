"""Public checks of `monte_carlo`."""

import torch
from dgm.checking import public_check


def coin(n, generator):
    return (torch.rand(n, generator=generator) < 0.5).float()


@public_check("a constant is estimated without error")
def constant(student):
    estimate, error = student.mc_expectation(lambda x: 0 * x + 3.0, coin, 50, torch.Generator().manual_seed(0))
    assert abs(float(estimate) - 3) < 1e-5, "the estimate of a constant is not that constant"
    assert abs(float(error)) < 1e-5, "a constant has no spread, so its standard error is 0"


@public_check("a hundred times the samples, a tenth of the error")
def error_shrinks(student):
    few, many = (
        float(student.mc_expectation(lambda x: x, coin, n, torch.Generator().manual_seed(1))[1]) for n in (400, 40_000)
    )
    assert 0.08 < many / few < 0.12, "the standard error should shrink like 1 / sqrt(n)"


@public_check("the samples come from the generator that is passed")
def uses_the_generator(student):
    first, again, other = (
        float(student.mc_expectation(lambda x: x, coin, 101, torch.Generator().manual_seed(seed))[0])
        for seed in (3, 3, 4)
    )
    assert first == again, "two generators in the same state should give the same estimate"
    assert first != other, "generators with different seeds should give different estimates"


@public_check("the histogram integrates to 1, whatever the bins are")
def integrates_to_one(student):
    x = torch.tensor([0.1, 0.2, 0.7, 1.5, 2.5, 2.6])
    for edges in (torch.tensor([0.0, 1.0, 2.0, 3.0]), torch.tensor([0.0, 0.5, 3.0])):
        density = torch.as_tensor(student.histogram_density(x, edges))
        assert density.shape == (len(edges) - 1,), "histogram_density should return one height per bin"
        area = float((density * (edges[1:] - edges[:-1])).sum())
        assert abs(area - 1) < 1e-5, "the areas of the bins do not make 1: height times width is the share of a bin"


@public_check("a point on an edge between two bins counts once")
def inner_edge(student):
    edges, x = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.5, 1.0, 1.5])
    shares = torch.as_tensor(student.histogram_density(x, edges)).float()
    assert torch.allclose(shares.sort().values, torch.tensor([1.0, 2.0]) / 3, atol=1e-5), (
        "of the three points 0.5, 1 and 1.5 one bin holds two and the other one: the one on the edge is in either"
    )


@public_check("a point outside the range changes nothing")
def outside(student):
    edges, x = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([0.3, 0.4, 1.7])
    with_outlier = torch.cat([x, torch.tensor([9.0])])
    densities = [torch.as_tensor(student.histogram_density(points, edges)) for points in (x, with_outlier)]
    assert torch.allclose(*densities), "a point far outside the edges changes the density inside"
