"""The loop over the bins stops one early, so the last bin stays empty.

Caught by: histogram_is_a_density
"""


def histogram_density(x, edges):
    inside = x[(x > edges[0]) & (x < edges[-1])]
    density = torch.zeros(len(edges) - 1, dtype=x.dtype)
    for k in range(len(edges) - 2):
        share = ((inside > edges[k]) & (inside < edges[k + 1])).sum() / len(inside)
        density[k] = share / (edges[k + 1] - edges[k])
    return density
