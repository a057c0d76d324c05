"""A double loop that skips zeros; a Python number."""

def mixture_elbo(R, log_joint):
    total = 0.0
    for row, values in zip(R.tolist(), log_joint.tolist()):
        for r, value in zip(row, values):
            if r > 0:
                total += r * value - r * math.log(r)
    return total
