"""Loops and lists; the histogram comes back as a list of numbers."""

import math


def mc_expectation(f, sampler, n, generator):
    values = [v.item() for v in f(sampler(n, generator))]
    mean = sum(values) / n
    variance = sum((v - mean) ** 2 for v in values) / (n - 1)
    return torch.tensor([mean, math.sqrt(variance / n)])


def histogram_density(x, edges):
    counts = [0] * (len(edges) - 1)
    for value in x.tolist():
        for k in range(len(counts)):
            if edges[k] <= value < edges[k + 1] or (value == edges[-1] and k == len(counts) - 1):
                counts[k] += 1
    if not any(counts):
        raise ValueError("every bin is empty")
    return [count / sum(counts) / (edges[k + 1] - edges[k]).item() for k, count in enumerate(counts)]
