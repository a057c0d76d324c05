"""Points outside are counted in the first and the last bin.

Caught by: histogram_ignores_points_outside
"""


def histogram_density(x, edges):
    index = (torch.bucketize(x, edges) - 1).clamp(0, len(edges) - 2)
    return torch.bincount(index, minlength=len(edges) - 1) / (len(x) * edges.diff())
