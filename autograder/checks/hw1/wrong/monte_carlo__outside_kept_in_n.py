"""Points outside are dropped from the bins and kept in N.

Caught by: histogram_ignores_points_outside
"""


def histogram_density(x, edges):
    counts = torch.stack([((x > a) & (x < b)).sum() for a, b in zip(edges[:-1], edges[1:])])
    return counts / (len(x) * edges.diff())
