"""The share of the points in each bin: the width is missing.

Caught by: histogram_is_a_density
"""


def histogram_density(x, edges):
    inside = x[(x > edges[0]) & (x < edges[-1])]
    counts = torch.stack([((inside > a) & (inside < b)).sum() for a, b in zip(edges[:-1], edges[1:])])
    return counts / len(inside)
