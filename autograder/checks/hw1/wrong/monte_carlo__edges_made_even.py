"""torch.histc between the first and the last edge: it spaces the bins evenly.

Caught by: histogram_is_a_density
"""


def histogram_density(x, edges):
    counts = torch.histc(x, len(edges) - 1, min=edges[0].item(), max=edges[-1].item())
    return counts / (counts.sum() * edges.diff())
