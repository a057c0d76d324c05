"""Sums of f and f^2 for the error bar; a comparison of all points with all bins for the histogram."""


def mc_expectation(f, sampler, n, generator):
    values = f(sampler(n, generator)).detach()
    first, second = values.sum(), (values * values).sum()
    mean = first / n
    return mean, torch.sqrt((second - n * mean**2) / (n * (n - 1)))


def histogram_density(x, edges):
    below = (x[:, None] < edges).sum(0)  # number of points below each edge
    below[-1] += (x == edges[-1]).sum()
    counts = torch.diff(below).double()
    if counts.sum() == 0:
        raise ValueError("no point in any bin")
    return counts / counts.sum() / torch.diff(edges)
