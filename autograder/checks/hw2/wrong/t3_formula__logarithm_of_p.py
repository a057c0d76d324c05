"""log p + log(1 - p): no certain weights.

Caught by: many_weights
"""


def iwae_two_point(p, a, b, K):
    total = 0.0
    for j in range(K + 1):
        log_chance = math.lgamma(K + 1) - math.lgamma(j + 1) - math.lgamma(K - j + 1)
        log_chance += j * math.log(p) + (K - j) * math.log(1 - p)
        total += math.exp(log_chance) * math.log((j * a + (K - j) * b) / K)
    return total
