"""A loop that skips zeros."""


def non_saturating_objective(p, g):
    total = 0.0
    for a, b in zip(p.tolist(), g.tolist()):
        m = (a + b) / 2
        total -= a * math.log(a / m)
        if b > 0:
            total += b * math.log(m / a)
    return total
